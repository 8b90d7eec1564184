/** The quick ways on the lock screen: a passkey, a PIN, whichever there is; and always a way to the password. */
import { useEffect, useRef } from 'preact/hooks';
import { browserHasPasskeys } from '../../platform/browser.ts';
import { asFault, type Fault, FaultBox } from '../../ui/fault.tsx';
import { FingerprintIcon } from '../../ui/icons/tasks.tsx';
import { useTask } from '../../ui/useTask.ts';
import { PinPad } from '../lock/PinPad.tsx';
import { useClient } from '../session/client.ts';

type Props = {
  pin: boolean;
  passkey: boolean;
  /** What was tried before and is used up. */
  why: Fault | undefined;
  /** The person was at the password and came back. */
  returned: boolean;
  onBegin: () => void;
  /** The PIN is used up: whatever else there is, is left. */
  onUsedUp: (why: Fault) => void;
  /** To the password; with what went wrong, when only that is left. */
  onPassword: (why?: Fault) => void;
};

/** After these the password is the only way on. */
const final: ReadonlySet<string> = new Set(['passkey_without_key', 'device_needed', 'not_signed_in']);

export function QuickUnlock({ pin, passkey, why, returned, onBegin, onUsedUp, onPassword }: Props) {
  const client = useClient();
  const task = useTask();
  const byPasskey = useRef<HTMLButtonElement>(null);
  // The pad takes the focus by itself; where it is gone, the passkey is the first thing to do.
  useEffect(() => {
    if (!pin && (returned || why)) byPasskey.current?.focus();
  }, [pin]);

  function open(run: () => Promise<void>) {
    task.run(async () => {
      try {
        await run();
        await client.load();
      } catch (thrown) {
        const fault = asFault(thrown);
        if (fault.code === 'pin_gone') {
          onUsedUp(fault);
          await client.load();
          return;
        }
        if (!final.has(fault.code)) throw thrown;
        onPassword(fault);
      }
    });
  }

  return (
    <div class="stack">
      {!pin && <FaultBox fault={task.fault ?? why} />}
      {passkey && browserHasPasskeys() && (
        <button
          type="button"
          ref={byPasskey}
          class={pin ? 'btn btn--wide' : 'btn btn--main btn--wide'}
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
      {pin && (
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
      {pin && <FaultBox fault={task.fault} />}
      <button type="button" class="btn btn--quiet btn--wide" onClick={() => onPassword()}>
        Use your password
      </button>
    </div>
  );
}
