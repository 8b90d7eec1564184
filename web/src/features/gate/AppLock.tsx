/** The last step of enrolment: how Wardline is opened after a lock. The keys are made by then; whoever leaves has their password. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { browserHasPasskeys, deviceLabel } from '../../platform/browser.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { useTask } from '../../ui/useTask.ts';
import { PasskeyIcon, TickIcon } from '../../ui/icons/tools.tsx';
import { PinChoice } from '../lock/PinChoice.tsx';
import { useClient } from '../session/client.ts';
import { Frame, Steps } from './Frame.tsx';

type Props = { steps: string[]; demonstration: boolean; passkeys: boolean; onDone: () => void };

export function AppLock({ steps, demonstration, passkeys, onDone }: Props) {
  const { wardline } = useClient();
  const task = useTask();
  const [hasPin, setHasPin] = useState(false);
  const [hasPasskey, setHasPasskey] = useState<{ opens: boolean }>();
  const heading = useRef<HTMLHeadingElement>(null);
  const something = hasPin || hasPasskey?.opens === true;
  useEffect(() => heading.current?.focus({ preventScroll: true }), [hasPin]);

  return (
    <Frame
      demonstration={demonstration}
      onSubmit={() => undefined}
      foot={
        <button
          type="button"
          class={something ? 'btn btn--main btn--wide' : 'btn btn--quiet btn--wide'}
          aria-disabled={task.busy}
          onClick={() => {
            if (!task.busy) onDone();
          }}
        >
          {something ? 'Go to my messages' : 'Use my password each time'}
        </button>
      }
    >
      <Steps names={steps} current={steps.length - 1} />
      <div class="stack">
        <p class="small muted">
          Step {steps.length} of {steps.length}
        </p>
        <h1 ref={heading} tabIndex={-1}>
          {hasPin ? 'Your PIN is set' : 'Lock this app'}
        </h1>
        {hasPin ? (
          <p>It opens Wardline on this device only. After ten wrong tries it is destroyed, and your password opens.</p>
        ) : (
          <p>Wardline locks when it is not used. A PIN opens it again here without your long password.</p>
        )}
      </div>
      {!hasPin && (
        <PinChoice
          busy={task.busy}
          action="Set this PIN"
          onChosen={(pin) =>
            task.run(async () => {
              await wardline.setPin({ pin, label: deviceLabel() }).finally(() => pin.fill(0));
              setHasPin(true);
            })
          }
        />
      )}
      {passkeys && browserHasPasskeys() && !hasPasskey && (
        <section class="card" aria-labelledby="lock-passkey">
          <h2 id="lock-passkey">{hasPin ? 'A passkey too?' : 'Or a passkey'}</h2>
          <p class="small">A fingerprint, a face or the screen lock of this device. It signs you in without a code.</p>
          <div class="row">
            <button
              type="button"
              class="btn"
              aria-disabled={task.busy}
              onClick={() =>
                task.run(async () => {
                  const { makePasskey } = await import('../../platform/passkey.ts');
                  const answer = await makePasskey(await wardline.passkeyOptions({ for: 'add' }));
                  const label = deviceLabel();
                  setHasPasskey(await wardline.addPasskey({ ...answer, label }).finally(() => answer.prf?.fill(0)));
                })
              }
            >
              <PasskeyIcon />
              Add a passkey
            </button>
          </div>
        </section>
      )}
      {hasPasskey && (
        <p role="status">
          <TickIcon />{' '}
          {hasPasskey.opens
            ? 'Your passkey is added. It opens Wardline here.'
            : 'Your passkey is added. It signs you in, but this device does not let it open your messages: your password does.'}
        </p>
      )}
      <FaultBox fault={task.fault} />
    </Frame>
  );
}
