/**
 * Wardline's own drawings: a 24 grid, stroke 1.75, round ends, the colour of the text they stand beside. The word beside an icon
 * carries the meaning, so every icon is hidden from assistive technology. Cut-outs in filled ones (`ks`, `kf`) take the colour of
 * the ground through `--wl-icon-knock`.
 */
import type { ComponentChildren } from 'preact';

export type IconSize = 's' | 'm' | 'l';
export type IconProps = { size?: IconSize };
export type Icon = (props: IconProps) => preact.JSX.Element;

export function draw(size: IconSize | undefined, children: ComponentChildren) {
  const look = size === 's' ? 'i i--s' : size === 'l' ? 'i i--l' : 'i';
  return (
    <svg class={look} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}
