/** What stands on the buttons of a thread, of the sheets and of the settings. */
import { draw, type IconProps } from './draw.tsx';

export const BlockedIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="m6 6 12 12" />
    </>,
  );

export const DownIcon = ({ size }: IconProps) => draw(size, <path d="m6 9.5 6 6 6-6" />);

export const FileIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M3 7.5a2 2 0 0 1 2-2h4l2 2.5h8a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z" />
      <path d="M12 17v-5.5" />
      <path d="m9.3 13.8 2.7-2.7 2.7 2.7" />
    </>,
  );

export const FingerprintIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M6.5 17.5c.8-1.6 1-3.2 1-5a4.5 4.5 0 0 1 9 0c0 2.2-.2 4.3-.9 6.3" />
      <path d="M12 12.500c0 3-.5 5.4-1.7 7.5" />
      <path d="M4.3 13.500v-1A7.7 7.7 0 0 1 16 6" />
      <path d="M18.7 8.700c.7 1.2 1 2.4 1 3.8 0 1.5-.1 2.8-.3 4" />
    </>,
  );

export const LinkIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.700L12 7" />
      <path d="M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.700L12 17" />
    </>,
  );

export const NextIcon = ({ size }: IconProps) => draw(size, <path d="m9.5 5 7 7-7 7" />);

export const PeopleIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <circle cx="9" cy="8.5" r="3.2" />
      <path d="M3 19c.4-3.6 2.7-5.5 6-5.500s5.6 1.9 6 5.5" />
      <path d="M15.5 5.600a3.2 3.2 0 0 1 0 5.8" />
      <path d="M17.3 14c2.2.6 3.4 2.4 3.7 5" />
    </>,
  );

export const PlusIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M12 5.5v13" />
      <path d="M5.5 12h13" />
    </>,
  );

export const ReplyIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="m9.5 6-5 5 5 5" />
      <path d="M4.5 11h8a7 7 0 0 1 7 7" />
    </>,
  );

export const SendIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M12 19.5v-14" />
      <path d="m6 11 6-6 6 6" />
    </>,
  );
