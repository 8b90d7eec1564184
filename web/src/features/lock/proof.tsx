/** Something that needs a fresh proof: asks who is there when the server wants to know, and then does it again. */
import { useRef, useState } from 'preact/hooks';
import { browserHasPasskeys } from '../../platform/browser.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { TextField } from '../../ui/fields.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useClient } from '../session/client.ts';

type Asking = { answered: (proved: boolean) => void };

export function useProof(passkeys: boolean) {
  const [asking, setAsking] = useState<Asking>();
  async function withProof<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (thrown) {
      if ((thrown as { code?: unknown }).code !== 'proof_needed') throw thrown;
      const proved = await new Promise<boolean>((answered) => setAsking({ answered }));
      if (!proved) throw thrown;
      return await run();
    }
  }
  const sheet = asking && (
    <ProofSheet
      passkeys={passkeys}
      onProved={() => {
        setAsking(undefined);
        asking.answered(true);
      }}
      onClose={() => {
        setAsking(undefined);
        asking.answered(false);
      }}
    />
  );
  return { withProof, sheet };
}

function ProofSheet(props: { passkeys: boolean; onProved: () => void; onClose: () => void }) {
  const { wardline } = useClient();
  const task = useTask();
  const [password, setPassword] = useState('');
  const form = useRef<HTMLFormElement>(null);
  return (
    <Sheet
      title="Is it still you?"
      onClose={props.onClose}
      foot={
        <button
          type="button"
          class="btn btn--main btn--wide"
          aria-disabled={task.busy || password === ''}
          onClick={() => form.current?.requestSubmit()}
        >
          {task.busy ? 'Checking…' : 'Confirm'}
        </button>
      }
    >
      <form
        class="stack"
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          if (password === '') return;
          task.run(async () => {
            try {
              await wardline.prove({ password });
            } finally {
              setPassword('');
            }
            props.onProved();
          });
        }}
      >
        <p>This needs your password, or a passkey. A PIN is not enough.</p>
        <TextField
          label="Password"
          type="password"
          autocomplete="current-password"
          value={password}
          onInput={setPassword}
          busy={task.busy}
          autofocus
        />
        <FaultBox fault={task.fault} />
        {props.passkeys && browserHasPasskeys() && (
          <button
            type="button"
            class="btn btn--wide"
            onClick={() =>
              task.run(async () => {
                const { usePasskey } = await import('../../platform/passkey.ts');
                const answer = await usePasskey(await wardline.passkeyOptions({ for: 'unlock' }));
                await wardline.prove(answer).finally(() => answer.prf?.fill(0));
                props.onProved();
              })
            }
          >
            Use a passkey
          </button>
        )}
      </form>
    </Sheet>
  );
}
