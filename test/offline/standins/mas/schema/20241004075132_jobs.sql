-- What a running worker has to tell the homeserver, later.
create type queue_job_status as enum ('available', 'running', 'completed', 'lost', 'failed', 'scheduled');

create table queue_workers (
  queue_worker_id uuid not null constraint queue_workers_pkey primary key,
  registered_at timestamptz not null,
  last_seen_at timestamptz not null,
  shutdown_at timestamptz
);

create table queue_jobs (
  queue_job_id uuid not null constraint queue_jobs_pkey primary key,
  status queue_job_status not null default 'available',
  created_at timestamptz not null,
  started_at timestamptz,
  started_by uuid constraint queue_jobs_started_by_fkey references queue_workers (queue_worker_id),
  completed_at timestamptz,
  queue_name text not null,
  payload jsonb not null default '{}',
  metadata jsonb not null default '{}',
  failed_at timestamptz,
  failed_reason text,
  attempt integer not null default 0,
  next_attempt_id uuid constraint queue_jobs_next_attempt_id_fkey references queue_jobs (queue_job_id) on delete set null,
  scheduled_at timestamptz,
  schedule_name text
);

create table queue_schedules (
  schedule_name text not null constraint queue_schedules_pkey primary key,
  last_scheduled_at timestamptz,
  last_scheduled_job_id uuid constraint queue_schedules_last_scheduled_job_id_fkey
    references queue_jobs (queue_job_id) on delete set null
);

alter table queue_jobs add constraint queue_jobs_schedule_name_fkey
  foreign key (schedule_name) references queue_schedules (schedule_name);

create function queue_job_notify() returns trigger language plpgsql as $$
begin
  if new.status = 'available' then
    perform pg_notify('queue_available', json_build_object('queue', new.queue_name)::text);
  end if;
  return null;
end;
$$;

create trigger queue_job_notify_trigger
  after insert or update of status on queue_jobs
  for each row execute function queue_job_notify();

create table policy_data (
  policy_data_id uuid not null constraint policy_data_pkey primary key,
  created_at timestamptz not null,
  data jsonb not null
);
