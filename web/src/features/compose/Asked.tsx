/**
 * R10: words that sound like a patient whom nobody here can be sure of. A line above the box and no dialog: it offers the link, and lets
 * the message go with a reason. Nothing here takes the focus: the next words may be on their way into the box.
 */
import { useId, useState } from 'preact/hooks';
import type { Finding } from '../../core/contract.ts';
import { TextField } from '../../ui/fields.tsx';
import { LinkIcon } from '../../ui/icons/tasks.tsx';
import { WarningIcon } from '../../ui/icons/tools.tsx';
import { stopWords } from './rules.ts';

type Props = {
  finding: Finding;
  /** Somebody pressed Send, and it was kept back. */
  kept: boolean;
  busy: boolean;
  onLink: () => void;
  onSend: (reason: string) => void;
  onClose: () => void;
};

/** One tap each. What is chosen is kept with the message. */
const reasons = ['Emergency', 'No identifiers at hand', 'Not about one patient'];
const shortestReason = 3;

export function Asked({ finding, kept, busy, onLink, onSend, onClose }: Props) {
  const [wanted, setWanted] = useState(false);
  const [reason, setReason] = useState('');
  const id = useId();
  const open = kept || wanted;
  const own = reason.trim();
  const words = stopWords(finding, undefined);
  return (
    <section
      class="ask"
      aria-labelledby={`${id}-t`}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        setWanted(false);
        onClose();
      }}
    >
      <div class="ask__l">
        <div class="ask__q" role={kept ? 'alert' : undefined}>
          <WarningIcon />
          <h2 id={`${id}-t`}>{words.title}</h2>
          <p>{kept ? `Not sent yet. ${words.text}` : `“${finding.found}”`}</p>
        </div>
        <div class="row">
          <button type="button" class="btn btn--s" onClick={onLink}>
            <LinkIcon size="s" />
            Link a patient
          </button>
          {kept ? (
            <button type="button" class="btn btn--s btn--quiet" onClick={onClose}>
              Change the text
            </button>
          ) : (
            <button
              type="button"
              class="btn btn--s btn--quiet"
              aria-expanded={open}
              aria-controls={`${id}-r`}
              onClick={() => setWanted(!wanted)}
            >
              Send anyway
            </button>
          )}
        </div>
      </div>
      <div id={`${id}-r`} hidden={!open}>
        {open && (
          <>
            <p class="ask__why" id={`${id}-w`}>
              Send it without a link, because:
            </p>
            <div class="row" role="group" aria-labelledby={`${id}-w`}>
              {reasons.map((each) => (
                <button type="button" class="btn btn--s" aria-disabled={busy} key={each} onClick={() => onSend(each)}>
                  {each}
                </button>
              ))}
            </div>
            <div class="ask__own">
              <TextField label="Another reason" value={reason} onInput={setReason} maxLength={200} />
              <button
                type="button"
                class="btn"
                aria-disabled={busy || own.length < shortestReason}
                onClick={() => {
                  if (own.length >= shortestReason) onSend(own);
                }}
              >
                Send as it is
              </button>
            </div>
          </>
        )}
      </div>
    </section>
  );
}
