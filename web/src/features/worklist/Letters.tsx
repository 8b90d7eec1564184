/**
 * R19: the dead letter. What the record refused, or keeps wrongly, of the whole organisation, by the reason that it gave, for those who answer for the
 * record. The server does not know what was filed or about whom, so nothing here says it: the reference is what both sides can name.
 */
import { useId, useState } from 'preact/hooks';
import type { Letter } from '../../core/contract.ts';
import { plural } from '../../ui/dates.ts';
import { FaultBox } from '../../ui/fault.tsx';
import { Check } from '../../ui/fields.tsx';
import { RecordInIcon } from '../../ui/icons/states.tsx';
import { roleAndWard } from '../people/words.ts';
import { misfiledWords } from '../record/misfiledWords.ts';
import { Reference } from '../record/Reference.tsx';
import { useClient } from '../session/client.ts';
import { RecordTag } from '../thread/States.tsx';
import { byReason, outcome, progressWords, type Reason, triedWords } from './letterWords.ts';
import { type Sent, useLetters } from './useLetters.ts';
import { roughly } from './words.ts';
import '../../styles/thread-part.css';

export function Letters() {
  const { letters, next, fault, sent, running, sendAgain, tidy, more, again } = useLetters();
  const now = useClient().now.value;
  return (
    <>
      {fault && (
        <div class="wl__fault">
          <FaultBox fault={fault} />
          {fault.code !== 'not_permitted' && (
            <button type="button" class="btn" onClick={again}>
              Try again
            </button>
          )}
        </div>
      )}
      {sent.length > 0 && <SentAgain sent={sent} running={running} onTidy={tidy} />}
      {!letters && !fault && (
        <p class="empty" role="status">
          Looking for filings…
        </p>
      )}
      {letters?.length === 0 && sent.length === 0 && !fault && (
        <div class="empty">
          <RecordInIcon />
          <h2>Nothing was refused</h2>
          <p>Everything that was filed is in the record, or on its way there.</p>
        </div>
      )}
      {letters && letters.length > 0 && (
        <>
          <div class="wl__about small">
            <p role="status">
              <b>
                {plural(letters.length, 'filing waits', 'filings wait')} for a person
                {next ? ', and there are more' : ''}.
              </b>
            </p>
            <p>
              Sending again gives the record the same document under the same reference. It is filed once, however often
              it is sent. Mend first what stood in the way: else the record refuses it again.
            </p>
            <p class="muted">
              Whose record it is, the server does not know. Ask who filed it, or give health records the reference.
            </p>
          </div>
          {byReason(letters).map((reason) => (
            <OneReason
              key={reason.key}
              reason={reason}
              now={now}
              busy={running}
              onSend={(some) => void sendAgain(some)}
            />
          ))}
        </>
      )}
      {next && (
        <div class="row wl__more">
          <button type="button" class="btn" onClick={more}>
            Show more
          </button>
        </div>
      )}
    </>
  );
}

type ReasonProps = { reason: Reason; now: number; busy: boolean; onSend: (letters: Letter[]) => void };

/** What lies in a wrong place is not undone by sending: somebody at health records has looked at it first. */
function OneReason({ reason: { reason, code, how, letters }, now, busy, onSend }: ReasonProps) {
  const id = useId();
  const [looked, setLooked] = useState(false);
  const ready = !how || looked;
  const off = busy || !ready;
  const send = (some: Letter[]) => {
    if (!off) onSend(some);
  };
  return (
    <section class="wl__why" aria-labelledby={id}>
      <div class="wl__whyh">
        <div>
          <h2 id={id}>{reason}</h2>
          <p class="small muted">
            {how && `${misfiledWords[how]}. `}
            {plural(letters.length, 'filing')} · <span class="mono">{code || 'no code'}</span>
          </p>
        </div>
        {letters.length > 1 && (
          <button type="button" class="btn btn--s" aria-disabled={off} onClick={() => send(letters)}>
            Send these {letters.length} again
          </button>
        )}
      </div>
      {how && (
        <div class="wl__look">
          <Check small checked={looked} onChange={setLooked}>
            Health records have looked at {letters.length > 1 ? 'each of them' : 'it'} by its reference
            {how === 'other-patient' && ', and the other patient’s record does not hold it any more'}
          </Check>
        </div>
      )}
      <ul>
        {letters.map((letter) => (
          <li key={letter.filing} class={how ? 'wl__i edge edge--urgent' : 'wl__i edge'}>
            <Facts letter={letter} now={now} />
            <button type="button" class="btn btn--s" aria-disabled={off} onClick={() => send([letter])}>
              Send again
              <span class="vh">
                , filed by {letter.filedBy.name}, {roughly(now - letter.filedAt)} old
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Facts({ letter, now }: { letter: Letter; now: number }) {
  return (
    <div class="wl__t">
      <b>Filed by {letter.filedBy.name}</b>
      <span class="muted">
        {[roleAndWard(letter.filedBy), `${roughly(now - letter.filedAt)} old`, triedWords(letter.attempts)]
          .filter(Boolean)
          .join(' · ')}
      </span>
      <Reference misfiled={{ reference: letter.filing }} />
    </div>
  );
}

type SentProps = { sent: readonly Sent[]; running: boolean; onTidy: () => void };

function SentAgain({ sent, running, onTidy }: SentProps) {
  const over = !running && sent.every(({ letter, fault }) => fault || letter.state !== 'sending');
  return (
    <section class="wl__why" aria-labelledby="sent-again">
      <div class="wl__whyh">
        <div>
          <h2 id="sent-again">Sent again</h2>
          <p class="small" role="status">
            {progressWords(sent)}
          </p>
        </div>
        <button type="button" class="btn btn--s" aria-disabled={running} onClick={() => !running && onTidy()}>
          {over ? 'Done' : 'Hide those that are over'}
        </button>
      </div>
      <ul>
        {sent.map((one) => {
          const { state, words, more } = outcome(one);
          return (
            <li key={one.letter.filing} class={state === 'failed' ? 'wl__i edge edge--urgent' : 'wl__i edge'}>
              <div class="wl__t">
                <b>Filed by {one.letter.filedBy.name}</b>
                <span class="muted">
                  Reference <span class="mono ref__n">{one.letter.filing}</span>
                </span>
                {more && <span>{more}</span>}
                <span class="wl__tags">
                  <RecordTag state={state} words={words} />
                </span>
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
