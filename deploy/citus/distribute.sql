-- Spreads the tables of a migrated database over the workers of Citus, by user: every row of a user
-- lies on one worker, and so do those it refers to. Run it once, on the coordinator, as a superuser,
-- while no service writes:
--
--   psql -X -d chatbot_db -f deploy/citus/distribute.sql
--
-- It is one transaction: either all tables are spread or none.

\set ON_ERROR_STOP on
begin;

-- Citus refuses to spread a table that has a foreign key to one which is not spread yet. So all go,
-- and come back as they were.
create temporary table foreign_keys on commit drop as
select conrelid::regclass as child, conname as name, pg_get_constraintdef(oid) as definition
from pg_constraint
where contype = 'f' and connamespace = 'public'::regnamespace;
select format('alter table %s drop constraint %I', child, name) from foreign_keys \gexec

-- Users are on every worker, since their addresses are unique among all of them.
select create_reference_table('users');
select create_distributed_table('tasks', 'user_id', shard_count := 16);
-- Whatever else has a user in its key, tables of later migrations among them.
select format('select create_distributed_table(%L, %L, colocate_with := %L)', table_name, 'user_id', 'tasks')
from information_schema.columns
where table_schema = 'public' and column_name = 'user_id' and table_name <> 'tasks'
order by table_name \gexec

select format('alter table %s add constraint %I %s', child, name, definition) from foreign_keys \gexec
commit;
