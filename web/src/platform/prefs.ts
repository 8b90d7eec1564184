/**
 * Choices of look that stay on this device. Nothing about people, patients or messages may be kept here: it is plain text on disk.
 */
import type { ClearedAt } from './types.ts';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

/** Every key with the moment at which it is cleared. */
export const persisted: Record<string, ClearedAt> = { 'wardline.theme': 'wipe' };

export function readTheme(): Theme {
  const stored = read('wardline.theme');
  return themes.find((theme) => theme === stored) ?? 'system';
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  try {
    if (theme === 'system') localStorage.removeItem('wardline.theme');
    else localStorage.setItem('wardline.theme', theme);
  } catch {
    // Storage can be switched off by policy; the choice then lasts until the page is closed.
  }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
