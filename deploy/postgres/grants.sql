-- What the service may do: read and write rows, and nothing else. Run it as the owner of the schema;
-- `create.sql` and `deploy/backup/restore.sh` do. It holds for tables that are there and for those
-- that later migrations make.
--
-- -v app_role=… for another role than chatbot_user.

\set ON_ERROR_STOP on
\if :{?app_role} \else \set app_role chatbot_user \endif

grant usage on schema public to :"app_role";
grant select, insert, update, delete on all tables in schema public to :"app_role";
alter default privileges in schema public
  grant select, insert, update, delete on tables to :"app_role";

-- Which migrations were applied is the migrating role's to say. The table is made here, as
-- `chatbot-api migrate up` would, so that this holds before the first migration, too.
create table if not exists public.__diesel_schema_migrations (
  version varchar(50) primary key not null,
  run_on timestamp not null default current_timestamp
);
revoke insert, update, delete on public.__diesel_schema_migrations from :"app_role";
