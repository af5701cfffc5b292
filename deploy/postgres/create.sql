-- Makes the database and its two roles. Run it as a superuser, as often as you like: what is there
-- stays, passwords become those given.
--
--   OWNER_PASSWORD=… USER_PASSWORD=… psql -X -d postgres -f deploy/postgres/create.sql
--
-- chatbot_owner owns the schema and migrates; chatbot_user is what the service runs as. Other names:
-- -v database=… -v owner=… -v app_role=…

\set ON_ERROR_STOP on
\set QUIET on
set client_min_messages = warning;
-- Passwords must not get into the server's log, not even where it keeps every statement.
set log_statement = 'none';
set log_min_error_statement = 'panic';
set log_min_duration_statement = -1;

\if :{?database} \else \set database chatbot_db \endif
\if :{?owner} \else \set owner chatbot_owner \endif
\if :{?app_role} \else \set app_role chatbot_user \endif
-- From the environment, since other users of the machine may read command lines.
\getenv owner_password OWNER_PASSWORD
\getenv user_password USER_PASSWORD
\if :{?owner_password} \else \set owner_password '' \endif
\if :{?user_password} \else \set user_password '' \endif
select length(:'owner_password') < 24 or length(:'user_password') < 24 as is_short \gset
\if :is_short
  do $$ begin
    raise 'OWNER_PASSWORD and USER_PASSWORD must be set and have at least 24 characters';
  end $$;
\endif

select format('create role %I', role) from unnest(array[:'owner', :'app_role']) as role
where not exists (select from pg_roles where rolname = role) \gexec
alter role :"owner" login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
  password :'owner_password';
alter role :"app_role" login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
  password :'user_password';

select format('create database %I owner %I encoding ''UTF8'' template template0', :'database', :'owner')
where not exists (select from pg_database where datname = :'database') \gexec
alter database :"database" owner to :"owner";
-- Nobody else gets in. CONNECT is all that the service needs of the database itself; with
-- GRANT ALL PRIVILEGES it could also make schemas and temporary tables.
revoke all on database :"database" from public;
grant connect on database :"database" to :"app_role";

\connect :"database"
set client_min_messages = warning;
-- Databases made before version 15 let everybody make tables here.
revoke all on schema public from public;
grant all on schema public to :"owner";
set role :"owner";
\ir grants.sql
