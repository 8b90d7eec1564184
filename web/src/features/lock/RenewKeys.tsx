/** Keys that are still to be renewed after a device was lost or stolen (docs/protocol.md, section 7.1): from the bar, also after a reload. */
import { useEffect, useState } from 'preact/hooks';
import type { Ways } from '../../core/contract.ts';
import { whenInWords } from '../../ui/dates.ts';
import { asFault, type Fault, FaultBox } from '../../ui/fault.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useClient } from '../session/client.ts';
import { OnDevice, refsOf } from './OnDevice.tsx';
import { useProof } from './proof.tsx';

export function RenewKeys() {
  const client = useClient();
  const task = useTask();
  const [list, setList] = useState<Ways>();
  const [fault, setFault] = useState<Fault>();
  const [chosen, setChosen] = useState<string[]>([]);
  const [done, setDone] = useState(false);
  const { withProof, sheet } = useProof(list?.ways.some(({ kind }) => kind === 'passkey') ?? false);
  const { renew, state } = client.connection.value;
  const close = () => client.router.close();
  useEffect(() => {
    client.wardline.listUnlockers().then(
      (answer) => {
        setList(answer);
        setFault(undefined);
      },
      (thrown: unknown) => setFault(asFault(thrown)),
    );
  }, [state]);
  const run = () =>
    task.run(async () => {
      await withProof(() => client.wardline.renewKeys({ remove: refsOf(list, chosen) }));
      setDone(true);
    });
  const over = done || !renew;
  return (
    <Sheet
      title="Renew your keys"
      back
      closeLabel="Back"
      onClose={close}
      foot={
        over ? (
          <button type="button" class="btn btn--main btn--wide" onClick={close}>
            Done
          </button>
        ) : (
          <button type="button" class="btn btn--main btn--wide" aria-disabled={task.busy} onClick={run}>
            {task.busy ? 'Making new keys, a few seconds…' : 'Renew my keys'}
          </button>
        )
      }
    >
      <div class="stack-l narrow">
        <div class="said">
          <p role="status" class={over ? '' : 'vh'}>
            {over && 'Your keys are new. What was written meanwhile comes when a colleague writes the next message.'}
          </p>
        </div>
        {!over && (
          <>
            <p>
              A device of yours was reported <b>{renew.why}</b> at {whenInWords(renew.since, client.now.value)}. It is
              signed out. Whoever has it may have your keys, so nothing new is sealed to them: <b>you cannot read</b>{' '}
              what is written now.
            </p>
            <p>With new keys you read on. Your other devices lock until you open them again.</p>
            {list && <OnDevice list={list} chosen={chosen} onChoose={setChosen} />}
            <FaultBox fault={task.fault ?? fault} />
          </>
        )}
      </div>
      {sheet}
    </Sheet>
  );
}
