/**
 * Where the person is. The browser's history is the truth; this keeps a copy of what was opened in this page so that closing a sheet
 * goes back when there is something to go back to, and does not leave the app when a link opened the sheet.
 */
import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { type BaseRoute, baseOf, format, isBase, parse, type Route } from './routes.ts';

export class Router {
  readonly route: ReadonlySignal<Route>;
  /** What stands under the sheets. */
  readonly base: ReadonlySignal<BaseRoute>;

  readonly #route = signal<Route>({ at: 'inbox' });
  readonly #under = signal<BaseRoute>({ at: 'inbox' });
  readonly #trail: string[] = [];
  readonly #window: Window;

  constructor(window: Window) {
    this.#window = window;
    this.route = this.#route;
    this.base = computed(() => {
      const route = this.#route.value;
      return 'thread' in route || route.at === 'ways' || isBase(route) ? baseOf(route) : this.#under.value;
    });
    window.addEventListener('hashchange', () => this.#arrive());
    this.#arrive();
  }

  go(route: Route): void {
    this.#window.location.hash = format(route);
  }

  /** The same entry of the history shows another place: nothing to come back to. */
  replace(route: Route): void {
    this.#trail.pop();
    this.#window.history.replaceState(null, '', format(route));
    this.#arrive();
  }

  /** Leaves a sheet, or a thread on a phone. */
  close(): void {
    const route = this.#route.value;
    const target: Route = route.at === 'thread' ? { at: 'inbox' } : baseOf(route);
    if (this.#trail.length > 1) this.#window.history.back();
    else this.replace(target);
  }

  #arrive(): void {
    const route = parse(this.#window.location.hash);
    const address = format(route);
    if (this.#trail.at(-2) === address) this.#trail.pop();
    else if (this.#trail.at(-1) !== address) this.#trail.push(address);
    this.#route.value = route;
    if (isBase(route)) this.#under.value = route;
  }
}
