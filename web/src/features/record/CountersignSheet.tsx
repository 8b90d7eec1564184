/** Standing by somebody else's decision as it is in the record: signed, with the document's hash. */
import { useState } from 'preact/hooks';
import type { DecisionId, ThreadHead } from '../../core/contract.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { Check, focusFirstError } from '../../ui/fields.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { isoDate, shortPatientName } from '../patient/format.ts';
import { isWrongPatient, offFor, SheetPatient } from '../patient/SheetPatient.tsx';
import { useClient } from '../session/client.ts';

export function CountersignSheet({ head, decision }: { head: ThreadHead; decision: DecisionId }) {
  const client = useClient();
  const task = useTask();
  const [read, setRead] = useState(false);
  const [tried, setTried] = useState(false);
  const close = () => client.router.close();
  const line = head.record.find(({ key }) => key === decision);

  function countersign() {
    if (isWrongPatient(head)) return;
    setTried(true);
    focusFirstError();
    if (!read) return;
    task.run(async () => {
      await client.wardline.countersignDecision({ thread: head.id, decision });
      client.announce('Countersigned');
      close();
    });
  }

  return (
    <Sheet
      title="Countersign this decision"
      subtitle={line && `Decided by ${line.by}`}
      onClose={close}
      under={<SheetPatient head={head} />}
      foot={
        <div class="row">
          <button type="button" class="btn" onClick={close}>
            Not now
          </button>
          <button type="button" class="btn btn--main" {...offFor(head, task.busy)} onClick={countersign}>
            Countersign
          </button>
        </div>
      }
    >
      {line?.words && <p class="quoted">{line.words}</p>}
      <p>
        Your name goes beside this decision, signed by this device. The original messages are deleted only after that.
      </p>
      <Check checked={read} onChange={setRead} describedBy={tried && !read ? 'countersign-error' : undefined}>
        I have read it, and stand by it{' '}
        {head.patient && (
          <>
            for <b>{shortPatientName(head.patient)}</b>
            {head.patient.born && (
              <>
                , born <b class="nowrap">{isoDate(head.patient.born)}</b>
              </>
            )}
            {head.patient.temporary && (
              <>
                , temporary identity <b class="nowrap">{head.patient.temporary}</b>
              </>
            )}
          </>
        )}
      </Check>
      {tried && !read && (
        <span class="nhsuk-error-message" id="countersign-error" role="alert">
          <span class="vh">Error: </span>Read it and tick first
        </span>
      )}
      <FaultBox fault={task.fault} />
    </Sheet>
  );
}
