/** The tile of a space: told by shape, glyph and the word beside it. */
import type { Space } from '../../core/contract.ts';
import type { Icon } from '../../ui/icons/draw.tsx';
import {
  SpaceAnnouncementIcon,
  SpaceDirectIcon,
  SpacePatientIcon,
  SpaceRoleIcon,
  SpaceSocialIcon,
  SpaceTeamIcon,
} from '../../ui/icons/states.tsx';
import { initials } from '../../ui/words.ts';

const glyphs: Record<Space, Icon> = {
  patient: SpacePatientIcon,
  team: SpaceTeamIcon,
  role: SpaceRoleIcon,
  direct: SpaceDirectIcon,
  announcement: SpaceAnnouncementIcon,
  social: SpaceSocialIcon,
};

export function Tile({ space, person }: { space: Space; person?: string | undefined }) {
  const Glyph = glyphs[space];
  return (
    <span class={`tile tile--${space}`} aria-hidden="true">
      {space === 'direct' && person ? initials(person) : <Glyph />}
    </span>
  );
}

export function Avatar({ name }: { name: string }) {
  return (
    <span class="av" aria-hidden="true">
      {initials(name)}
    </span>
  );
}
