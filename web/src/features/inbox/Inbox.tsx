/** The list of threads: what needs this person first. */
import { useEffect, useRef } from 'preact/hooks';
import type { ThreadId } from '../../core/contract.ts';
import { plural } from '../../ui/dates.ts';
import { InboxIcon } from '../../ui/icons/tools.tsx';
import { useClient } from '../session/client.ts';
import { format } from '../shell/routes.ts';
import { sections } from './sections.ts';
import { ThreadRow } from './ThreadRow.tsx';

type Props = {
  /** The open thread, marked in the list. */
  current?: ThreadId | undefined;
  /** The thread just left, where the focus goes back to. */
  returning?: ThreadId | undefined;
};

export function ThreadList({ current, returning }: Props) {
  const { inbox, now, connection } = useClient();
  const list = useRef<HTMLDivElement>(null);
  const threads = inbox.value;
  useEffect(() => {
    if (!returning) return;
    list.current?.querySelector<HTMLElement>(`[data-thread="${CSS.escape(returning)}"]`)?.focus();
  }, [returning]);

  return (
    <div class="pane__s" ref={list} tabIndex={-1} role="region" aria-label="Thread list">
      {threads === undefined ? (
        <p class="empty" role="status">
          {connection.value.state === 'offline' ? 'Opening what is kept on this device…' : 'Opening your threads…'}
        </p>
      ) : threads.length === 0 ? (
        <div class="empty">
          <InboxIcon />
          <h2>No threads yet</h2>
          <p>Somebody will add you to theirs, or you start one.</p>
          <a class="btn" href={format({ at: 'new' })}>
            Start a message
          </a>
        </div>
      ) : (
        sections(threads, now.value).map((section) => (
          <section key={section.id} aria-labelledby={`section-${section.id}`}>
            <div class="sec">
              <h2 id={`section-${section.id}`}>{section.title}</h2>
              <span class="muted">
                {section.id === 'social' ? 'apart from work' : plural(section.threads.length, 'thread')}
              </span>
            </div>
            <ul>
              {section.threads.map((thread) => (
                <li key={thread.id}>
                  <ThreadRow thread={thread} now={now.value} current={thread.id === current} />
                </li>
              ))}
            </ul>
          </section>
        ))
      )}
    </div>
  );
}
