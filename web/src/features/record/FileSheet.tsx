/**
 * Filing a decision to the health record: what goes in, who took part, how it will read, and that it is this patient. Only what is
 * ticked goes in, word for word; a summary is labelled as one, with its author (R21, H16).
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import type {
  DecisionId,
  FilingPreview,
  MessageId,
  Misfiled,
  PersonId,
  Statement,
  ThreadHead,
} from '../../core/contract.ts';
import { clockTime, duration, plural } from '../../ui/dates.ts';
import { asFault, type Fault, FaultBox } from '../../ui/fault.tsx';
import { Check, focusFirstError } from '../../ui/fields.tsx';
import { AreaField } from '../../ui/sheetFields.tsx';
import { FileIcon } from '../../ui/icons/tasks.tsx';
import { Sheet } from '../../ui/Sheet.tsx';
import { useTask } from '../../ui/useTask.ts';
import { useStopped } from '../compose/useStopped.tsx';
import { identityWords } from '../patient/format.ts';
import { IdentityBar } from '../patient/IdentityBar.tsx';
import { PatientCheck } from '../patient/PatientCheck.tsx';
import { isWrongPatient, offFor, SheetPatient } from '../patient/SheetPatient.tsx';
import { useStanding } from '../patient/useStanding.ts';
import { useClient } from '../session/client.ts';
import { drawn } from '../thread/drawn.ts';
import { shortHash } from '../thread/Message.tsx';
import { AskCountersign, anybody } from './AskCountersign.tsx';
import { misfiledOrder, misfiledWords } from './misfiledWords.ts';
import { Paper } from './Paper.tsx';
import { Reference } from './Reference.tsx';
import { useDraft } from './useDraft.ts';

type Sources = { statements: Statement[]; others: Statement[] };
const previewDelay = 250;

type Props = { head: ThreadHead; decision: DecisionId; background: MessageId[]; markedBy?: PersonId | undefined };

/** What the record keeps in the wrong place has to be taken out of it first: only then is there something to file. */
export function FileSheet(props: Props) {
  const { head, decision } = props;
  const misfiled = head.record.find(({ key }) => key === decision)?.misfiled;
  const [takenOut, setTakenOut] = useState(false);
  if (misfiled && !takenOut) return <Misplaced head={head} misfiled={misfiled} onTakenOut={() => setTakenOut(true)} />;
  return <Filing {...props} />;
}

type MisplacedProps = { head: ThreadHead; misfiled: Misfiled; onTakenOut: () => void };

function Misplaced({ head, misfiled, onTakenOut }: MisplacedProps) {
  const client = useClient();
  const [confirmed, setConfirmed] = useState(false);
  const close = () => client.router.close();

  function takenOut() {
    if (confirmed && !isWrongPatient(head)) onTakenOut();
  }

  return (
    <Sheet
      title={misfiledWords[misfiled.how]}
      onClose={close}
      under={<SheetPatient head={head} />}
      foot={
        <div class="row">
          <button type="button" class="btn" onClick={close}>
            Close
          </button>
          <button type="button" class="btn" {...offFor(head, !confirmed)} onClick={takenOut}>
            File again
          </button>
        </div>
      }
    >
      <section aria-labelledby="misfiled-now">
        <h2 id="misfiled-now">1. Tell health records now</h2>
        <p>{misfiledOrder[misfiled.how]}</p>
        <p>
          <Reference misfiled={misfiled} />
        </p>
        <p>
          {misfiled.how === 'other-patient' && 'Until then, somebody may act on it for the wrong patient. '}Nothing is
          deleted here.
        </p>
      </section>
      <section aria-labelledby="misfiled-then">
        <h2 id="misfiled-then">2. Then file it again</h2>
        <Check checked={confirmed} onChange={setConfirmed}>
          Health records have confirmed that the document has been taken out.
        </Check>
      </section>
    </Sheet>
  );
}

function Filing({ head, decision, background, markedBy }: Props) {
  const client = useClient();
  const task = useTask();
  const [sources, setSources] = useState<Sources>();
  const [ticked, setTicked] = useState<ReadonlySet<MessageId>>(new Set(background));
  const [summary, setSummary] = useState('');
  const [preview, setPreview] = useState<FilingPreview>();
  const [previewed, setPreviewed] = useState('');
  const [fault, setFault] = useState<Fault>();
  // Once for each person, thread and duty (R12); the button says who it is in either case.
  const [due] = useState(!head.confirmed);
  const [compared, setCompared] = useState(false);
  const confirmed = !due || compared;
  const [missing, setMissing] = useState(false);
  const [asking, setAsking] = useState<string>();
  const turn = useRef(0);
  const close = () => client.router.close();
  const patient = head.patient;
  const request = {
    thread: head.id,
    decision,
    sources: sources?.others.filter((each) => ticked.has(each.id)).map((each) => each.id) ?? [],
    summary: summary.trim(),
  };
  const asked = JSON.stringify([sources !== undefined, request.sources, request.summary]);

  const stopped = useStopped({ about: { thread: head.id }, patient, text: summary, put: setSummary });
  const draft = useDraft(head.id, decision);
  useStanding(head.id);

  useEffect(() => {
    client.wardline
      .filingSources({ thread: head.id, decision })
      .then(setSources, (thrown: unknown) => setFault(asFault(thrown)));
  }, [head.id, decision]);

  useEffect(() => {
    if (!sources) return undefined;
    turn.current += 1;
    const mine = turn.current;
    const timer = setTimeout(
      () => {
        stopped
          .pass()
          .then((passes) => (passes ? client.wardline.previewFiling(request) : undefined))
          .then((answer) => {
            if (mine !== turn.current || !answer) return;
            setPreview(answer);
            setPreviewed(asked);
            setFault(undefined);
          })
          .catch((thrown: unknown) => {
            if (mine === turn.current) setFault(asFault(thrown));
          });
      },
      preview ? previewDelay : 0,
    );
    return () => clearTimeout(timer);
  }, [asked]);

  // Only what was shown is filed: a tick makes the preview old until its own is there.
  const isShown = preview !== undefined && previewed === asked;

  function file() {
    if (isWrongPatient(head)) return;
    setMissing(!confirmed);
    focusFirstError();
    if (!confirmed || !isShown) return;
    task.run(async () => {
      await client.wardline.file({
        ...request,
        sha256: preview.sha256,
        patientConfirmed: true,
        ...(asking === undefined ? {} : { countersign: asking === anybody ? {} : { by: asking } }),
      });
      draft.done();
      client.announce('Filed. It stays “not in the record” until the record answers.');
      close();
    });
  }

  return (
    <Sheet
      title="File to the record"
      closeLabel="Close, file later"
      onClose={close}
      under={
        <>
          <SheetPatient head={head} />
          <IdentityBar head={head} told />
        </>
      }
      foot={
        <div class="row">
          <button type="button" class="btn" onClick={close}>
            Not now
          </button>
          <button type="button" class="btn btn--main" {...offFor(head, task.busy || !isShown)} onClick={file}>
            <FileIcon />
            {task.busy ? 'Handing it over…' : patient ? `File for ${identityWords(patient)}` : 'File to the record'}
          </button>
        </div>
      }
    >
      {draft.other && (
        <div class="card card--warn" role="status">
          <p>
            <b>{draft.other.message}</b> Two documents of one decision are not filed: whoever is first wins.
          </p>
          <button type="button" class="btn btn--s" onClick={draft.takeOver}>
            Take over
          </button>
        </div>
      )}
      <section aria-labelledby="file-what">
        <h2 id="file-what">1. What goes in</h2>
        <p class="small muted">Word for word. The decision always goes in; tick what belongs beside it.</p>
        {sources ? (
          <SourceList sources={sources} ticked={ticked} onTick={setTicked} />
        ) : (
          !fault && <p role="status">Reading the thread…</p>
        )}
      </section>
      <AreaField
        label="Summary (optional)"
        hint="It is filed as a summary by you, beside the original words and never instead of them."
        value={summary}
        onInput={setSummary}
        rows={2}
      />
      {stopped.block}
      {preview && (
        <>
          <section aria-labelledby="file-who">
            <h2 id="file-who">2. Who took part</h2>
            <dl class="kv">
              <div>
                <dt>Decided</dt>
                <dd>
                  {preview.decidedBy.map((person) => (
                    <span key={person.id}>
                      {person.name}, {person.role}
                      <br />
                    </span>
                  ))}
                </dd>
              </div>
              {preview.tookPart.length > 0 && (
                <div>
                  <dt>Took part</dt>
                  <dd>
                    {preview.tookPart.map((person) => (
                      <span key={person.id}>
                        {person.name}, {person.role}
                        <br />
                      </span>
                    ))}
                  </dd>
                </div>
              )}
            </dl>
          </section>
          <section aria-labelledby="file-how">
            <h2 id="file-how">3. How it will read</h2>
            <Paper html={preview.html} />
            <p class="tiny muted hashline">
              {plural(preview.sources, 'message')} · SHA-256 <span class="mono">{shortHash(preview.sha256)}</span>
            </p>
          </section>
        </>
      )}
      {patient && (
        <section aria-labelledby="file-patient">
          <h2 id="file-patient">4. {due ? 'Confirm the patient' : 'The patient'}</h2>
          {due ? (
            <PatientCheck patient={patient} checked={compared} onChange={setCompared} missing={missing && !compared} />
          ) : (
            <p>You have confirmed this patient in this duty. The button below says who it is filed for.</p>
          )}
        </section>
      )}
      <AskCountersign head={head} not={markedBy ? [markedBy] : []} asking={asking} onAsk={setAsking} />
      {preview && <p class="small muted">{graceWords(preview.graceMs)}</p>}
      <FaultBox fault={task.fault ?? fault} />
    </Sheet>
  );
}

type SourceListProps = {
  sources: Sources;
  ticked: ReadonlySet<MessageId>;
  onTick: (ticked: ReadonlySet<MessageId>) => void;
};

function SourceList({ sources, ticked, onTick }: SourceListProps) {
  const [all, setAll] = useState(false);
  const few = 6;
  const others = all ? sources.others : sources.others.filter((each, at) => at < few || ticked.has(each.id));
  return (
    <>
      <ul class="list">
        {sources.statements.map((statement) => (
          <li key={statement.id}>
            <Check checked locked small onChange={() => undefined}>
              <SourceWords statement={statement} decision />
            </Check>
          </li>
        ))}
        {others.map((statement) => (
          <li key={statement.id}>
            <Check
              small
              checked={ticked.has(statement.id)}
              onChange={(on) => {
                const next = new Set(ticked);
                if (on) next.add(statement.id);
                else next.delete(statement.id);
                onTick(next);
              }}
            >
              <SourceWords statement={statement} />
            </Check>
          </li>
        ))}
      </ul>
      {others.length < sources.others.length && (
        <button type="button" class="btn btn--s btn--quiet" onClick={() => setAll(true)}>
          Show {plural(sources.others.length - others.length, 'more message')}
        </button>
      )}
    </>
  );
}

export function SourceWords({ statement, decision }: { statement: Statement; decision?: boolean }) {
  return (
    <>
      <b>
        {statement.own ? 'You' : statement.author.name}, {clockTime(statement.at)}
      </b>
      {decision && <span class="muted"> · the decision</span>}
      <span class="small source">{drawn(statement.text)}</span>
    </>
  );
}

function graceWords(graceMs: number): string {
  const when = graceMs <= 0 ? 'at once' : `${duration(graceMs)} later`;
  return `When the record has answered with a receipt, the originals here are deleted ${when}, unless a hold or an open case covers them.`;
}
