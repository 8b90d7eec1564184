/** Locked: no content, no counts, no names. The password opens it again without a new code. */
import { useState } from 'preact/hooks';
import { FaultBox } from '../../ui/fault.tsx';
import { TextField } from '../../ui/fields.tsx';
import { LockIcon, SwitchIcon } from '../../ui/icons/tools.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useClient } from '../session/client.ts';
import { Mark } from './Frame.tsx';

export function Lock({ organisation }: { organisation: string }) {
  const client = useClient();
  const task = useTask();
  const [password, setPassword] = useState('');

  function unlock() {
    if (password === '') return;
    task.run(async () => {
      try {
        await client.wardline.unlock({ password });
        await client.load();
      } finally {
        setPassword('');
      }
    });
  }

  return (
    <div class="lockp">
      <header>
        <Mark />
      </header>
      <main id="main" class="stack-l">
        <div class="lockp__h">
          <LockIcon />
          <h1>Locked</h1>
          <p class="lead">{organisation}</p>
        </div>
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            unlock();
          }}
        >
          <TextField
            label="Password"
            type="password"
            autocomplete="current-password"
            value={password}
            onInput={setPassword}
            disabled={task.busy}
          />
          <FaultBox fault={task.fault} />
          <button type="submit" class="btn btn--main btn--wide" aria-disabled={task.busy || password === ''}>
            {task.busy ? 'Unlocking…' : 'Unlock'}
          </button>
        </form>
        <p class="centre">
          <button type="button" class="btn btn--quiet" onClick={() => task.run(() => client.signOut())}>
            <SwitchIcon />
            Someone else? Sign out
          </button>
        </p>
      </main>
      <footer class="muted small">
        <p>
          Nothing is shown while locked.
          <br />
          Cardiac arrest: call 2222.
        </p>
      </footer>
    </div>
  );
}
