/** The tenant's endpoints with their health, and the form that adds one. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';

import { api, BASE_URL, dataOf } from '../api';
import { useRole } from '../session';
import { Code, Page } from '../ui/parts';
import { Empty, Problem } from '../ui/states';
import { Secret } from './endpoint/secret';
import { EndpointList } from './overview';

const SUGGESTED = 'call.completed';

export default function EndpointsPage() {
  const mayRead = useRole('viewer');
  const mayAdd = useRole('developer');
  if (!mayRead) {
    return (
      <Page title="Endpoints">
        <Empty title="Endpoints are for viewers and developers">
          <p>Your token's role reads your own calls and their events.</p>
        </Empty>
      </Page>
    );
  }
  return (
    <Page title="Endpoints">
      <EndpointList>
        <NoEndpoint />
      </EndpointList>
      {mayAdd && <AddEndpoint />}
    </Page>
  );
}

function NoEndpoint() {
  return (
    <Empty title="No endpoint receives events yet">
      <p>An endpoint is a URL of yours. Ringpost posts signed events to it, with retries.</p>
      <Code
        label="Add one from a terminal"
        text={`curl "${BASE_URL}/api/webhooks/config" -H "Authorization: Bearer $RINGPOST_TOKEN" \\\n  -H 'Content-Type: application/json' \\\n  -d '{"name": "CRM", "url": "https://crm.example.com/webhooks", "eventTypes": ["${SUGGESTED}"]}'`}
      />
    </Empty>
  );
}

function AddEndpoint() {
  const id = useId();
  const client = useQueryClient();
  const [secret, setSecret] = useState<string>();
  const add = useMutation({
    mutationFn: async (form: FormData) => {
      const text = (name: string) => String(form.get(name)).trim();
      const eventTypes = text('eventTypes')
        .split(/[\s,]+/)
        .filter(Boolean) as [];
      const body = { name: text('name'), url: text('url'), eventTypes };
      return dataOf(await api.POST('/api/webhooks/config', { body })).webhook;
    },
    onSuccess: (made) => {
      setSecret(made.secret);
      return client.invalidateQueries({ queryKey: ['endpoints'] });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    add.mutate(new FormData(event.currentTarget));
  };
  return (
    <details className="add">
      <summary>Add an endpoint</summary>
      <form className="stack" onSubmit={submit}>
        <label htmlFor={`${id}-name`}>Name</label>
        <input id={`${id}-name`} name="name" required maxLength={256} />
        <label htmlFor={`${id}-url`}>URL</label>
        <input id={`${id}-url`} name="url" type="url" required placeholder="https://crm.example.com/webhooks" />
        <label htmlFor={`${id}-types`}>Event types, separated by spaces</label>
        <input id={`${id}-types`} name="eventTypes" required defaultValue={SUGGESTED} />
        <button type="submit" className="primary" disabled={add.isPending}>
          Add
        </button>
      </form>
      {add.error && <Problem error={add.error} />}
      {secret && <Secret secret={secret} />}
    </details>
  );
}
