/** Navigation and tools, and the mark. */
import { draw, type IconProps } from './draw.tsx';

export const BackIcon = ({ size }: IconProps) => draw(size, <path d="m14.5 5-7 7 7 7" />);

export const BellIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M6.5 16.500V11a5.5 5.5 0 0 1 11 0v5.500l1.5 1.500H5z" />
      <path d="M10 20.500h4" />
    </>,
  );

export const CalendarIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M4.5 6h15v13.500h-15z" />
      <path d="M4.5 10h15" />
      <path d="M8.5 3.500V7" />
      <path d="M15.5 3.500V7" />
    </>,
  );

export const CameraIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M4 8.5A1.5 1.5 0 0 1 5.5 7h2.3l1.4-2h5.6l1.4 2h2.3A1.5 1.5 0 0 1 20 8.5v8.9a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.4z" />
      <circle cx="12" cy="12.8" r="3.4" />
    </>,
  );

export const CloseIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="m6 6 12 12" />
      <path d="M18 6 6 18" />
    </>,
  );

export const ComposeIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M12 5H6.5A1.5 1.5 0 0 0 5 6.5v11A1.5 1.5 0 0 0 6.5 19h11a1.5 1.5 0 0 0 1.5-1.5V12" />
      <path d="M17.8 3.9a1.6 1.6 0 0 1 2.3 2.3L12.5 13.8l-3 .7.7-3z" />
    </>,
  );

export const DashIcon = ({ size }: IconProps) => draw(size, <path d="M6 12h12" />);

export const DeviceIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M7.5 3.5h9A1 1 0 0 1 17.5 4.500v15a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-15a1 1 0 0 1 1-1z" />
      <path d="M10.7 17.5h2.6" />
    </>,
  );

export const DocIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M6 3.500h8l4 4v13H6z" />
      <path d="M14 3.500v4h4" />
      <path d="M9 12h6" />
      <path d="M9 15.500h6" />
    </>,
  );

export const DutyIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M6 8h12v11.5H6z" />
      <path d="M12 8V3.5" />
      <path d="M9.5 8V6h5v2" />
      <circle cx="12" cy="12.3" r="1.7" />
      <path d="M9 17c.5-1.6 1.6-2.2 3-2.2s2.5.6 3 2.2" />
    </>,
  );

export const EscalateIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M3.5 19.5h5v-5h5v-5h5" />
      <path d="m15 6 3.5-3.5L22 6" />
      <path d="M18.5 3v6.5" />
    </>,
  );

export const FilterIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M4 6.500h16" />
      <path d="M7 12h10" />
      <path d="M10 17.500h4" />
    </>,
  );

export const InboxIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M4 13.5 6.6 5h10.8L20 13.5V18a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18z" />
      <path d="M4 13.5h4.6l1.2 2.3h4.4l1.2-2.3H20" />
    </>,
  );

export const InfoIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 11.2v5" />
      <circle cx="12" cy="8" r="1.15" fill="currentcolor" stroke="none" />
    </>,
  );

export const KeyIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <circle cx="8" cy="14.5" r="4" />
      <path d="m11 11.7 8-7.7" />
      <path d="m16 6.8 2.6 2.7" />
    </>,
  );

export const LockIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M6 11h12v8.5H6z" />
      <path d="M8.5 11V8a3.5 3.5 0 0 1 7 0v3" />
      <path d="M12 14.5v2" />
    </>,
  );

export const MoreIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M4.5 7h15" />
      <path d="M4.5 12h15" />
      <path d="M4.5 17h15" />
    </>,
  );

export const OfflineIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M7 18.5h10a4 4 0 0 0 1.4-7.7 6.3 6.3 0 0 0-9-4.3" />
      <path d="M6.3 10.4A4 4 0 0 0 7 18.5" />
      <path d="m3.5 3.5 17 17" />
    </>,
  );

export const PasskeyIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <circle cx="9" cy="8" r="3.5" />
      <path d="M3 19.500c.3-3.8 2.5-5.9 6-5.9 1 0 1.9.2 2.7.5" />
      <circle cx="17" cy="12.5" r="2.5" />
      <path d="M17 15v5.5" />
      <path d="M17 18h2.2" />
    </>,
  );

export const PhoneIcon = ({ size }: IconProps) =>
  draw(
    size,
    <path d="M6.5 4h3l1.5 4-2 1.700a11 11 0 0 0 5.3 5.300L16 13l4 1.500v3a2 2 0 0 1-2.2 2A15.5 15.5 0 0 1 4.5 6.2 2 2 0 0 1 6.5 4z" />,
  );

export const SearchIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <circle cx="10.5" cy="10.5" r="6" />
      <path d="m15 15 5 5" />
    </>,
  );

export const ShieldIcon = ({ size }: IconProps) =>
  draw(size, <path d="M12 3.5 5 6v5.500c0 4.3 2.7 7.3 7 9 4.3-1.7 7-4.7 7-9V6z" />);

export const ShieldTickIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M12 3.5 5 6v5.500c0 4.3 2.7 7.3 7 9 4.3-1.7 7-4.7 7-9V6z" />
      <path d="m8.7 12 2.4 2.4 4.3-4.6" />
    </>,
  );

export const SwitchIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M4 8.500h14" />
      <path d="m14.5 5 3.5 3.5-3.5 3.5" />
      <path d="M20 15.500H6" />
      <path d="m9.5 12-3.5 3.500L9.5 19" />
    </>,
  );

export const TickIcon = ({ size }: IconProps) => draw(size, <path d="m5 12.5 4.5 4.5L19 7.5" />);

export const TimerIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <circle cx="12" cy="13.5" r="7" />
      <path d="M12 9.8v3.7l2.4 1.6" />
      <path d="M9.8 3.5h4.4" />
    </>,
  );

export const UndoIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="m8 5-4 4 4 4" />
      <path d="M4 9h10a5.5 5.5 0 0 1 0 11H8" />
    </>,
  );

export const WallIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M3.5 6h17v12h-17z" />
      <path d="M3.5 10h17" />
      <path d="M3.5 14h17" />
      <path d="M9 6v4" />
      <path d="M15 6v4" />
      <path d="M6 10v4" />
      <path d="M12 10v4" />
      <path d="M18 10v4" />
      <path d="M9 14v4" />
      <path d="M15 14v4" />
    </>,
  );

export const WarningIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M12 4 21 19.500H3z" />
      <path d="M12 10v4.3" />
      <circle cx="12" cy="16.9" r="1.05" fill="currentcolor" stroke="none" />
    </>,
  );

export const WardlineMark = () => (
  <svg viewBox="0 0 28 28" width="28" height="28" aria-hidden="true" focusable="false">
    <rect x="1" y="1" width="26" height="26" rx="6" class="mk1" />
    <path d="M6.5 9.5 10 19l4-8.5 4 8.5 3.5-9.5" class="mk2" />
  </svg>
);
