/** The frame of the screens before anything is open: the mark, one task, and nothing about anybody. */
import type { ComponentChildren } from 'preact';
import { WardlineMark } from '../../ui/icons/tools.tsx';

export function Mark() {
  return (
    <span class="mark">
      <WardlineMark />
      Wardline
    </span>
  );
}

type FrameProps = {
  children: ComponentChildren;
  demonstration?: boolean | undefined;
  /** The form that the buttons at the foot belong to. */
  onSubmit: () => void;
  foot: ComponentChildren;
};

export function Frame({ children, foot, demonstration, onSubmit }: FrameProps) {
  return (
    <form
      class="gate"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <header>
        <div class="top">
          <Mark />
        </div>
        {demonstration && <DemonstrationBar />}
      </header>
      <main id="main">
        <div class="page narrow">{children}</div>
      </main>
      <footer class="foot">{foot}</footer>
    </form>
  );
}

export function DemonstrationBar() {
  return (
    <p class="bar">
      <span>
        <b>Demonstration.</b> All people and patients are invented. Do not enter real ones.
      </span>
    </p>
  );
}

export function Steps({ names, current }: { names: string[]; current: number }) {
  return (
    <ol class="prog" aria-label="Steps">
      {names.map((name, at) => (
        <li key={name} class={at < current ? 'is-done' : ''} aria-current={at === current ? 'step' : undefined}>
          {name}
        </li>
      ))}
    </ol>
  );
}
