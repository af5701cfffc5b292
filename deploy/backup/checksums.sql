-- One line for each table of the schema public: its name, how many rows it has, and a sum over them
-- that does not depend on their order. Equal lines mean equal rows.

\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
set timezone = 'UTC';
set datestyle = 'ISO, YMD';
set intervalstyle = 'iso_8601';
set extra_float_digits = 1;
set search_path = pg_catalog;

select format(
  'select %L, count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) from public.%I t',
  tablename, tablename
)
from pg_tables where schemaname = 'public' order by tablename \gexec
