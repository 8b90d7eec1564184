/** The quick ways on the lock screen: a passkey, a PIN, whichever there is; and always a way to the password. */
import { useState } from 'preact/hooks';
import { browserHasPasskeys } from '../../platform/browser.ts';
import { asFault, type Fault, FaultBox } from '../../ui/fault.tsx';
import { FingerprintIcon } from '../../ui/icons/tools.tsx';
import { useTask } from '../../ui/useTask.ts';
import { PinPad } from '../lock/PinPad.tsx';
import { useClient } from '../session/client.ts';

type Props = {
  pin: boolean;
  passkey: boolean;
  onBegin: () => void;
  /** To the password; with what went wrong, when only that is left. */
  onPassword: (why?: Fault) => void;
};

/** After these the password is the only way on. */
const final: ReadonlySet<string> = new Set(['pin_gone', 'passkey_without_key', 'device_needed', 'not_signed_in']);

export function QuickUnlock({ pin, passkey, onBegin, onPassword }: Props) {
  const client = useClient();
  const task = useTask();
  const [pad, setPad] = useState(pin);

  function open(run: () => Promise<void>) {
    task.run(async () => {
      try {
        await run();
        await client.load();
      } catch (thrown) {
        const fault = asFault(thrown);
        if (!final.has(fault.code)) throw thrown;
        if (fault.code === 'pin_gone') setPad(false);
        onPassword(fault);
      }
    });
  }

  return (
    <div class="stack">
      {passkey && browserHasPasskeys() && (
        <button
          type="button"
          class={pad ? 'btn btn--wide' : 'btn btn--main btn--wide'}
          aria-disabled={task.busy}
          onClick={() =>
            open(async () => {
              const { usePasskey } = await import('../../platform/passkey.ts');
              const answer = await usePasskey(await client.wardline.passkeyOptions({ for: 'unlock' }));
              onBegin();
              await client.wardline.unlockWithPasskey(answer).finally(() => answer.prf?.fill(0));
            })
          }
        >
          <FingerprintIcon />
          Unlock with a passkey
        </button>
      )}
      {pad && (
        <PinPad
          label="Enter your PIN"
          action={task.busy ? 'Unlocking…' : 'Unlock'}
          busy={task.busy}
          onPin={(digits) =>
            open(async () => {
              onBegin();
              await client.wardline.unlockWithPin({ pin: digits }).finally(() => digits.fill(0));
            })
          }
        />
      )}
      <FaultBox fault={task.fault} />
      <button type="button" class="btn btn--quiet btn--wide" onClick={() => onPassword()}>
        Use your password
      </button>
    </div>
  );
}
