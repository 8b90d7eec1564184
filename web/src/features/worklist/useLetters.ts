/** The dead letter on the screen: the list, which is asked for anew while somebody looks, and a run of sending again with what became of each. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Letter } from '../../core/contract.ts';
import { asFault, type Fault } from '../../ui/fault.tsx';
import { useClient } from '../session/client.ts';

/** One that was sent again, and how far that is. With a `fault` it was not sent. */
export type Sent = { letter: Letter; queued: boolean; fault?: Fault };

/** How soon it is asked again what became of those on their way, and how many at once. */
const askEvery = 2000;
const asked = 20;

export function useLetters() {
  const client = useClient();
  const [letters, setLetters] = useState<Letter[]>();
  const [next, setNext] = useState<string>();
  const [fault, setFault] = useState<Fault>();
  const [sent, setSent] = useState<readonly Sent[]>([]);
  const [running, setRunning] = useState(false);
  const turn = useRef(0);
  const pages = useRef(1);
  const online = client.connection.value.state === 'online';
  const now = client.now.value;

  const load = useCallback(async (count: number) => {
    turn.current += 1;
    const mine = turn.current;
    pages.current = count;
    try {
      const found: Letter[] = [];
      let after: string | undefined;
      for (let page = 0; page < count && (page === 0 || after); page += 1) {
        const answer = await client.wardline.letters(after ? { after } : {});
        found.push(...answer.letters);
        after = answer.next;
      }
      if (mine !== turn.current) return;
      setLetters(found);
      setNext(after);
      setFault(undefined);
    } catch (thrown) {
      if (mine === turn.current) setFault(asFault(thrown));
    }
  }, []);
  // A look every twenty seconds, which is how often the time moves on, while the page is looked at.
  useEffect(() => {
    if (document.visibilityState === 'visible') void load(pages.current);
  }, [load, online, now]);
  useEffect(
    () => () => {
      turn.current = -1;
    },
    [],
  );

  const put = (filing: string, change: Partial<Sent>) =>
    setSent((before) => before.map((each) => (each.letter.filing === filing ? { ...each, ...change } : each)));

  const ask = async (some: readonly Letter[]) => {
    for (const { filing } of some) {
      const letter = await client.wardline.letter({ filing }).catch(() => undefined); // asked again soon
      if (letter) put(filing, { letter });
    }
  };
  const onTheirWay = sent
    .filter(({ queued, letter }) => !queued && letter.state === 'sending')
    .map(({ letter }) => letter);
  const asking = useRef(false);
  const latest = useRef(onTheirWay);
  latest.current = onTheirWay;
  const waits = onTheirWay.length > 0;
  useEffect(() => {
    if (!waits) return undefined;
    return client.clock.every(askEvery, () => {
      if (asking.current) return;
      asking.current = true;
      void ask(latest.current.slice(0, asked)).finally(() => {
        asking.current = false;
      });
    });
  }, [waits]);

  /** One after the other, so that each has its own answer. Without a network the rest is not tried. */
  async function sendAgain(some: readonly Letter[]) {
    if (running || some.length === 0) return;
    const filings = new Set(some.map(({ filing }) => filing));
    setRunning(true);
    setSent((before) => [
      ...before.filter(({ letter }) => !filings.has(letter.filing)),
      ...some.map((letter) => ({ letter, queued: true })),
    ]);
    let cut: Fault | undefined;
    const taken: Letter[] = [];
    for (const { filing } of some) {
      if (cut) {
        put(filing, { queued: false, fault: cut });
        continue;
      }
      try {
        const letter = await client.wardline.replayLetter({ filing });
        taken.push(letter);
        put(filing, { queued: false, letter });
      } catch (thrown) {
        const why = asFault(thrown);
        put(filing, { queued: false, fault: why });
        if (why.code === 'offline') cut = why;
      }
    }
    await ask(taken.slice(0, asked));
    setRunning(false);
    void load(pages.current);
  }

  return {
    letters: letters?.filter(({ filing }) => !sent.some(({ letter }) => letter.filing === filing)),
    next,
    fault,
    sent,
    running,
    sendAgain,
    /** Those that are over leave the list of what was sent; what was refused again is back among the others. */
    tidy: () => {
      setSent((before) =>
        before.filter(({ queued, letter, fault: why }) => queued || (!why && letter.state === 'sending')),
      );
      void load(pages.current);
    },
    more: () => void load(pages.current + 1),
    again: () => void load(pages.current),
  };
}
