// What relay-compiler compiles into __generated__, against the committed schema.
const { graphql } = require('relay-runtime');

graphql`
  fragment cases_row on Case @refetchable(queryName: "casesRowQuery") {
    id
    number
    status
    severity
  }
`;

graphql`
  fragment cases_list on Query
  @argumentDefinitions(
    place: { type: "String!" }
    first: { type: "Int", defaultValue: 2 }
    after: { type: "String" }
  )
  @refetchable(queryName: "casesPageQuery") {
    cases(filter: { place: $place }, orderBy: OLDEST, first: $first, after: $after)
      @connection(key: "cases_list_cases", filters: ["filter", "orderBy"]) {
      edges {
        node {
          id
          ...cases_row
        }
      }
    }
  }
`;

graphql`
  query casesQuery($place: String!, $first: Int!) {
    ...cases_list @arguments(place: $place, first: $first)
  }
`;

graphql`
  mutation casesAcceptMutation($input: AcceptCaseInput!) {
    acceptCase(input: $input) {
      case {
        ...cases_row
      }
      errors {
        code
      }
    }
  }
`;

graphql`
  subscription casesEventsSubscription($id: ID!, $after: String) {
    caseEvents(caseId: $id, after: $after) {
      type
      case {
        ...cases_row
      }
    }
  }
`;
