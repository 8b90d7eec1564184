/**
 * Ending another device, for what happened to it (R22, R48). One that is lost or stolen is ended and the keys are renewed in one step: what
 * is left of it when the network goes in between is said, and can be tried again from here, from the bar, or after a reload.
 */
import { useEffect, useState } from 'preact/hooks';
import type { OwnDevice, Ways } from '../../core/contract.ts';
import { whenInWords } from '../../ui/dates.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { focusFirstError, Radios } from '../../ui/fields.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { OnDevice, refsOf } from '../lock/OnDevice.tsx';
import { useProof } from '../lock/proof.tsx';
import { useClient } from '../session/client.ts';
import { kindWords } from './deviceWords.ts';

type What = 'done' | 'lost' | 'stolen';
type Props = { device: OwnDevice; onClose: (done?: string) => void };

const options: { value: What; label: string; hint: string }[] = [
  {
    value: 'done',
    label: 'I have it, or I replaced it',
    hint: 'It is signed out for good. Nothing else changes.',
  },
  {
    value: 'lost',
    label: 'It is lost',
    hint: 'It is signed out for good and you get new keys, so that nobody reads on with it.',
  },
  {
    value: 'stolen',
    label: 'It was stolen',
    hint: 'The same as lost, and your threads say that it was stolen.',
  },
];

const said = {
  done: 'Signed out there.',
  gone: 'It is signed out, and your keys are new. Your other devices lock until you open them again. Tell the service desk too.',
};

export function EndDevice({ device, onClose }: Props) {
  const client = useClient();
  const task = useTask();
  const [what, setWhat] = useState<What>();
  const [tried, setTried] = useState(false);
  const [list, setList] = useState<Ways>();
  const [chosen, setChosen] = useState<string[]>([]);
  const [half, setHalf] = useState(false);
  const passkeys = list?.ways.some(({ kind }) => kind === 'passkey') ?? false;
  const { withProof, sheet } = useProof(passkeys);
  // Without the list a password is asked for, and no passkey is offered for removal.
  useEffect(() => void client.wardline.listUnlockers().then(setList, () => undefined), []);
  const gone = what === 'lost' || what === 'stolen';
  const close = () => onClose(half ? '' : undefined);

  const act = () => {
    setTried(true);
    if (!what) {
      focusFirstError();
      return;
    }
    task.run(async () => {
      const remove = refsOf(list, chosen);
      try {
        await withProof(() =>
          half
            ? client.wardline.renewKeys({ remove })
            : client.wardline.endDevice({
                device: device.id,
                reason: gone ? what : 'signed-out',
                ...(gone ? { remove } : {}),
              }),
        );
      } catch (thrown) {
        if ((thrown as { code?: unknown }).code === 'keys_not_renewed') setHalf(true);
        throw thrown;
      }
      onClose(gone ? said.gone : said.done);
    });
  };

  return (
    <Sheet
      title={half ? 'Renew your keys' : 'Sign out a device'}
      subtitle={device.label || kindWords[device.kind]}
      onClose={close}
      foot={
        <div class="row">
          <button type="button" class="btn" onClick={close}>
            {half ? 'Later' : 'Not now'}
          </button>
          <button type="button" class="btn btn--main" aria-disabled={task.busy} onClick={act}>
            {task.busy
              ? gone
                ? 'Making new keys…'
                : 'Signing out…'
              : half
                ? 'Try again'
                : gone
                  ? 'Sign out, get new keys'
                  : 'Sign out there'}
          </button>
        </div>
      }
    >
      <div class="stack-l narrow">
        {half ? (
          <p>
            <b>It is signed out for good.</b> Your keys still have to be renewed: until then you cannot read what is
            written now.
          </p>
        ) : (
          <>
            <p class="small muted">It was last used at {whenInWords(device.lastUsed, client.now.value)}.</p>
            <Radios
              legend="What happened to it?"
              error={tried && !what ? 'Choose what happened to it' : undefined}
              options={options}
              value={what}
              onChange={setWhat}
            />
          </>
        )}
        {gone && list && <OnDevice list={list} chosen={chosen} onChoose={setChosen} />}
        {!half && what === 'done' && (
          <p class="small">
            To use it again you sign in with your password and a code, and it becomes a new device. What was said from
            there stays.
          </p>
        )}
        {!half && gone && (
          <p class="small">
            Your other devices lock until you open them again. What was read on it before cannot be taken back, so tell
            the service desk as well.
          </p>
        )}
        <FaultBox fault={task.fault} />
      </div>
      {sheet}
    </Sheet>
  );
}
