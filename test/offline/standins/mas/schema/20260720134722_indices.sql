-- The names are what syn2mas prints while it rebuilds them.
create index users_lower_username_idx on users (lower(username));
create index users_username_trgm_idx on users using gin (username gin_trgm_ops);
create index user_passwords_user_fk on user_passwords (user_id);
create index user_emails_email_idx on user_emails (email);
create index user_emails_user_fk on user_emails (user_id);
create index user_emails_lower_email_idx on user_emails (lower(email));
create index user_sessions_user_fk on user_sessions (user_id) include (last_active_at);
create index user_sessions_last_active_at_idx on user_sessions (last_active_at);
create index user_sessions_finished_at_idx on user_sessions (finished_at) where finished_at is not null;
create index user_sessions_inactive_ips_idx on user_sessions (last_active_at)
  where last_active_ip is not null and last_active_at is not null;
create index user_terms_user_fk on user_terms (user_id);
create index user_session_authentications_user_session_fk on user_session_authentications (user_session_id);
create index user_session_authentications_user_password_fk on user_session_authentications (user_password_id);

create index upstream_oauth_links_provider_fk on upstream_oauth_links (upstream_oauth_provider_id);
create index upstream_oauth_links_user_fk on upstream_oauth_links (user_id);
create index idx_upstream_oauth_links_orphaned on upstream_oauth_links (upstream_oauth_link_id) where user_id is null;
create index upstream_oauth_links_human_account_name_trgm_idx
  on upstream_oauth_links using gin (human_account_name gin_trgm_ops);
create index upstream_oauth_authorization_sessions_provider_fk
  on upstream_oauth_authorization_sessions (upstream_oauth_provider_id);
create index upstream_oauth_authorization_sessions_link_fk
  on upstream_oauth_authorization_sessions (upstream_oauth_link_id);

create index compat_sessions_user_fk on compat_sessions (user_id) include (last_active_at);
create index compat_sessions_user_session_fk on compat_sessions (user_session_id);
create index compat_sessions_last_active_at_idx on compat_sessions (last_active_at);
create index compat_sessions_active_user_idx on compat_sessions (user_id) where finished_at is null;
create index compat_sessions_finished_at_idx on compat_sessions (finished_at) where finished_at is not null;
create index compat_sessions_inactive_ips_idx on compat_sessions (last_active_at)
  where last_active_ip is not null and last_active_at is not null;
create index compat_access_tokens_session_fk on compat_access_tokens (compat_session_id);
create index compat_refresh_tokens_session_fk on compat_refresh_tokens (compat_session_id);
create index compat_refresh_tokens_access_token_fk on compat_refresh_tokens (compat_access_token_id);
create index compat_sso_logins_session_fk on compat_sso_logins (compat_session_id);

create index oauth2_sessions_user_fk on oauth2_sessions (user_id) include (last_active_at);
create index oauth2_sessions_client_fk on oauth2_sessions (oauth2_client_id);
create index oauth2_sessions_user_session_fk on oauth2_sessions (user_session_id);
create index oauth2_access_tokens_session_fk on oauth2_access_tokens (oauth2_session_id);
create index oauth2_refresh_tokens_session_fk on oauth2_refresh_tokens (oauth2_session_id);
create index oauth2_refresh_tokens_access_token_fk on oauth2_refresh_tokens (oauth2_access_token_id);
create index oauth2_authorization_grants_session_fk on oauth2_authorization_grants (oauth2_session_id);
create index oauth2_authorization_grants_client_fk on oauth2_authorization_grants (oauth2_client_id);
create index oauth2_authorization_grants_user_session_id_idx on oauth2_authorization_grants (user_session_id);

create index queue_jobs_started_by_fk on queue_jobs (started_by);
create index idx_queue_jobs_status_queue_job_id on queue_jobs (status, queue_name, queue_job_id);
