"""Data that ships with Chuishao: the divisions of Tianjin and the default policy."""
