/** Ctrl+K: to a thread or a person by a few letters. A combobox: the box keeps the focus, the arrow keys choose. */
import { useId, useRef, useState } from 'preact/hooks';
import type { Person, ThreadSummary } from '../../core/contract.ts';
import { asFault, type Fault, FaultBox } from '../../ui/fault.tsx';
import { CloseIcon, SearchIcon } from '../../ui/icons/tools.tsx';
import { keepHelpersOut } from '../../ui/keepHelpersOut.ts';
import { useModal } from '../../ui/useModal.ts';
import { asksFirst, Distinguish } from '../directory/Distinguish.tsx';
import { useDirectory } from '../directory/search.ts';
import { Tile } from '../inbox/Tile.tsx';
import { threadFacts, threadTitle } from '../inbox/words.ts';
import { roleAndWard } from '../people/words.ts';
import { useClient } from '../session/client.ts';
import { matching } from './matching.ts';
import '../../styles/thread-part.css';

type Target = { kind: 'thread'; thread: ThreadSummary } | { kind: 'person'; person: Person };

export function Jump({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const dialog = useRef<HTMLDialogElement>(null);
  const box = useRef<HTMLInputElement>(null);
  const id = useId();
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const [fault, setFault] = useState<Fault>();
  /** R29: whoever is meant has to be told apart from others of the name first. */
  const [asking, setAsking] = useState<Person>();
  const { answer } = useDirectory(query);
  const state = client.session.value;
  const me = state?.at === 'ready' ? state.me.id : '';

  useModal(dialog, box);

  const threads = matching(
    client.inbox.value ?? [],
    query,
    (thread) => `${threadTitle(thread)} ${threadFacts(thread)}`,
  );
  const people = (answer?.people ?? []).filter((person) => person.id !== me);
  const targets: Target[] = [
    ...threads.slice(0, 8).map((thread): Target => ({ kind: 'thread', thread })),
    ...people.slice(0, 6).map((person): Target => ({ kind: 'person', person })),
  ];
  const chosen = Math.min(at, targets.length - 1);

  async function open(target: Target | undefined, sure = false) {
    if (!target) return;
    if (target.kind === 'person' && !sure && asksFirst(target.person, answer?.alike[target.person.id])) {
      setAsking(target.person);
      return;
    }
    try {
      const thread =
        target.kind === 'thread'
          ? target.thread.id
          : (await client.wardline.createDirect({ person: target.person.id })).thread;
      onClose();
      client.router.go({ at: 'thread', thread });
    } catch (thrown) {
      setFault(asFault(thrown));
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && targets.length > 0) {
      event.preventDefault();
      setAt((chosen + step + targets.length) % targets.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      void open(targets[chosen]);
    }
  }

  return (
    <dialog
      ref={dialog}
      class="sheet jumper"
      aria-label="Jump to a thread or a person"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div class="jumper__q">
        <SearchIcon />
        <input
          ref={(element) => {
            box.current = element;
            keepHelpersOut(element);
          }}
          type="text"
          role="combobox"
          aria-label="Thread or person"
          aria-expanded={targets.length > 0}
          aria-controls={id}
          aria-activedescendant={targets.length > 0 ? `${id}-${chosen}` : undefined}
          placeholder="Thread, patient or person"
          autocomplete="off"
          value={query}
          onInput={(event) => {
            setQuery(event.currentTarget.value);
            setAt(0);
            setAsking(undefined);
          }}
          onKeyDown={onKeyDown}
        />
        <button type="button" class="ib" onClick={onClose}>
          <CloseIcon />
          <span class="vh">Close</span>
        </button>
      </div>
      <FaultBox fault={fault} />
      {asking && (
        <Distinguish
          person={asking}
          others={answer?.alike[asking.id] ?? []}
          takesFocus
          onYes={() => void open({ kind: 'person', person: asking }, true)}
          onNo={() => {
            setAsking(undefined);
            box.current?.focus();
          }}
        />
      )}
      <div class="jumper__l" role="listbox" id={id} aria-label="Found">
        {targets.map((target, index) => (
          <div
            key={target.kind === 'thread' ? target.thread.id : target.person.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === chosen}
            onClick={() => void open(target)}
          >
            {target.kind === 'thread' ? (
              <>
                <Tile space={target.thread.space} person={target.thread.peer?.name} />
                <span>
                  {threadTitle(target.thread)}
                  <span class="small muted">{threadFacts(target.thread)}</span>
                </span>
              </>
            ) : (
              <>
                <Tile space="direct" person={target.person.name} />
                <span>
                  Message {target.person.name}
                  <span class="small muted">{roleAndWard(target.person)}</span>
                </span>
              </>
            )}
          </div>
        ))}
      </div>
      <p class={targets.length === 0 ? 'empty' : 'vh'} role="status">
        {targets.length === 0
          ? query.trim().length < 2
            ? 'Write at least two letters.'
            : 'Nothing found. Patients are found only in threads that you are in.'
          : `${targets.length} found`}
      </p>
    </dialog>
  );
}
