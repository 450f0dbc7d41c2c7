"""案卷 The dossier of a case: one page that stands alone, to be read, printed and checked."""
