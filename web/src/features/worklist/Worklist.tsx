/**
 * R19: decisions that the record does not have: mine, my ward's, the organisation's; the most urgent first, then the oldest. Whoever answers for the
 * record has what it refused beside them.
 */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { WorklistItem, WorklistScope } from '../../core/contract.ts';
import { plural } from '../../ui/dates.ts';
import { asFault, type Fault, FaultBox } from '../../ui/fault.tsx';
import { RecordInIcon } from '../../ui/icons/states.tsx';
import { roleAndWard } from '../people/words.ts';
import { useClient } from '../session/client.ts';
import { format } from '../shell/routes.ts';
import { drawn } from '../thread/drawn.ts';
import { RecordTag, UrgencyTag } from '../thread/States.tsx';
import { Letters } from './Letters.tsx';
import { ageWords, emptyWords, type List, listsFor, listWords, stateWords } from './words.ts';
import '../../styles/worklist.css';

export function Worklist() {
  const { session: state, router } = useClient();
  const session = state.value;
  const lists = listsFor(session?.at === 'ready' && session.records === true);
  // It is in the address, so that whoever files from a list comes back to it.
  const base = router.base.value;
  const wanted: List = (base.at === 'decisions' && base.list) || 'mine';
  const list = lists.includes(wanted) ? wanted : 'mine';
  return (
    <>
      <header class="top">
        <div class="top__t">
          <h1>Decisions</h1>
          <p class="one">{list === 'refused' ? 'What the record refused' : 'Not in the record yet'}</p>
        </div>
      </header>
      <div class="pane__s" tabIndex={-1} role="region" aria-label="Worklist">
        <div class="wl">
          <div class="wl__tabs" role="group" aria-label="Whose decisions">
            {lists.map((each) => (
              <button
                key={each}
                type="button"
                class="wl__tab"
                aria-pressed={each === list}
                onClick={() => router.replace(each === 'mine' ? { at: 'decisions' } : { at: 'decisions', list: each })}
              >
                {listWords[each]}
              </button>
            ))}
          </div>
          {list === 'refused' ? <Letters /> : <Outstanding key={list} scope={list} />}
        </div>
      </div>
    </>
  );
}

function Outstanding({ scope }: { scope: WorklistScope }) {
  const client = useClient();
  const [items, setItems] = useState<WorklistItem[]>();
  const [next, setNext] = useState<string>();
  const [fault, setFault] = useState<Fault>();
  const turn = useRef(0);
  const load = useCallback(
    (after?: string) => {
      turn.current += 1;
      const mine = turn.current;
      setFault(undefined);
      client.wardline.worklist({ scope, ...(after ? { after } : {}) }).then(
        (page) => {
          if (mine !== turn.current) return;
          setItems((before) => (after ? [...(before ?? []), ...page.items] : page.items));
          setNext(page.next);
        },
        (thrown: unknown) => {
          if (mine === turn.current) setFault(asFault(thrown));
        },
      );
    },
    [scope],
  );
  const online = client.connection.value.state === 'online';
  // What changes in a thread of mine may change the list.
  const inbox = client.inbox.value;
  useEffect(() => load(), [load, online, inbox]);
  const now = client.now.value;
  const empty = emptyWords[scope];
  return (
    <>
      {fault && (
        <div class="wl__fault">
          <FaultBox fault={fault} />
          {fault.code !== 'not_permitted' && fault.code !== 'no_ward' && (
            <button type="button" class="btn" onClick={() => load()}>
              Try again
            </button>
          )}
        </div>
      )}
      {!items && !fault && (
        <p class="empty" role="status">
          Looking for decisions…
        </p>
      )}
      {items?.length === 0 && !fault && (
        <div class="empty">
          <RecordInIcon />
          <h2>{empty.title}</h2>
          <p>{empty.text}</p>
        </div>
      )}
      {items && items.length > 0 && (
        <>
          <p class="wl__count muted" role="status">
            {plural(items.length, 'decision')}
            {next ? ' so far' : ''}
            {items.some(({ overdue }) => overdue) && `, ${items.filter(({ overdue }) => overdue).length} overdue`}
          </p>
          <ul>
            {items.map((item) => (
              <Row key={item.decision} item={item} now={now} />
            ))}
          </ul>
        </>
      )}
      {next && (
        <div class="row wl__more">
          <button type="button" class="btn" onClick={() => load(next)}>
            Show more
          </button>
        </div>
      )}
    </>
  );
}

function Row({ item, now }: { item: WorklistItem; now: number }) {
  const { thread, about, words, owner, state } = item;
  const tag =
    state === 'failed' || state === 'wrong'
      ? 'failed'
      : state === 'filing'
        ? 'filing'
        : state === 'countersign'
          ? 'in'
          : 'none';
  const look = ['wl__i edge', item.overdue || state === 'failed' || state === 'wrong' ? 'edge--urgent' : '']
    .filter(Boolean)
    .join(' ');
  return (
    <li class={look}>
      <div class="wl__t">
        <b>{about ?? (thread ? 'A conversation of yours' : `A decision of ${owner.name}`)}</b>
        {words ? (
          <span class="wl__w">{drawn(words)}</span>
        ) : (
          <span class="muted">{thread ? 'Its words are not on this device' : 'You are not in this conversation'}</span>
        )}
        <span class="muted">
          {item.mine ? 'Yours to file' : `${owner.name}, ${roleAndWard(owner)}`} · {ageWords(item, now)}
        </span>
        {item.reason && state === 'failed' && <span>{item.reason}</span>}
        {state === 'wrong' && item.reason && <span>The record: {item.reason}</span>}
        {state === 'wrong' && <span>Tell health records now{item.reference && `, reference ${item.reference}`}.</span>}
        <span class="wl__tags">
          <UrgencyTag urgency={item.urgency} />
          <RecordTag state={tag} words={stateWords(item)} />
        </span>
      </div>
      {thread ? (
        <a
          class="btn btn--s"
          href={format(
            state === 'countersign'
              ? { at: 'countersign', thread, decision: item.decision }
              : state === 'filing' || state === 'wrong'
                ? { at: 'thread', thread }
                : { at: 'file', thread, decision: item.decision },
          )}
        >
          {state === 'countersign' ? 'Countersign' : state === 'filing' || state === 'wrong' ? 'Open' : 'File it'}
          <span class="vh">
            : {about ?? owner.name}
            {words && `, ${words}`}
          </span>
        </a>
      ) : (
        <span class="small muted wl__ask">Ask {owner.name}</span>
      )}
    </li>
  );
}
