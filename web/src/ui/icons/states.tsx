/** States and kinds: delivery, urgency, decision and record, spaces. */
import { draw, type IconProps } from './draw.tsx';

export const AcceptedIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M12 2.600a9.4 9.4 0 1 0 0 18.8 9.4 9.4 0 0 0 0-18.800z" fill="currentcolor" stroke="none" />
      <path d="m8 12.3 2.8 2.8 5.3-5.8" class="ks" stroke-width="2.2" />
    </>,
  );

export const AcknowledgedIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="m8 12.3 2.8 2.8 5.3-5.8" />
    </>,
  );

export const ActionIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 7v5.300l3.3 2" />
    </>,
  );

export const DecisionIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M6 3.500h8l4 4v13H6z" />
      <path d="M14 3.500v4h4" />
      <path d="m9 14.2 2.2 2.2 3.9-4.3" />
    </>,
  );

export const DeliveredIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="m2.5 12.5 4.3 4.500L15.5 7.5" />
      <path d="m11.3 16.4.6.6 9.1-9.5" />
    </>,
  );

export const DoneIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path
        d="M4.5 3h15A1.5 1.5 0 0 1 21 4.500v15a1.5 1.5 0 0 1-1.5 1.500h-15A1.5 1.5 0 0 1 3 19.500v-15A1.5 1.5 0 0 1 4.5 3z"
        fill="currentcolor"
        stroke="none"
      />
      <path d="m7.5 12.3 3.2 3.2 6-6.6" class="ks" stroke-width="2.2" />
    </>,
  );

export const EmergencyIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M7.9 2h8.200L22 7.900v8.200L16.1 22H7.900L2 16.100V7.900z" fill="currentcolor" stroke="none" />
      <path d="M12 6.500v7" class="ks" stroke-width="2.6" />
      <circle cx="12" cy="17.2" r="1.5" class="kf" stroke="none" />
    </>,
  );

export const FailedIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <rect x="4.2" y="4.2" width="15.6" height="15.6" rx="1.5" transform="rotate(45 12 12)" />
      <path d="M12 7.600v5.2" />
      <circle cx="12" cy="16" r="1.2" fill="currentcolor" stroke="none" />
    </>,
  );

export const HoldIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M5 6.500v11" />
      <path d="M19 6.500v11" />
      <path d="M5 6.500h2.5" />
      <path d="M5 17.500h2.5" />
      <path d="M19 6.500h-2.5" />
      <path d="M19 17.500h-2.5" />
      <path d="M10 9v6" />
      <path d="M14 9v6" />
    </>,
  );

export const QueuedIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <circle cx="12" cy="12" r="8" stroke-dasharray="3.2 3.08" />
      <path d="M12 8v4.200l2.6 1.6" />
    </>,
  );

export const RecordDeletedIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M3 14V7.500a2 2 0 0 1 2-2h4l2 2.500h8a2 2 0 0 1 2 2v4z" />
      <path d="M5 16.500v3" />
      <path d="M9.7 16.500v3" />
      <path d="M14.3 16.500v3" />
      <path d="M19 16.500v3" />
    </>,
  );

export const RecordFailedIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M3 7.5a2 2 0 0 1 2-2h4l2 2.5h8a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z" />
      <path d="M12 10.300v3.2" />
      <circle cx="12" cy="16" r="1.1" fill="currentcolor" stroke="none" />
    </>,
  );

export const RecordFilingIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M3 7.5a2 2 0 0 1 2-2h4l2 2.5h8a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z" />
      <path d="M8 13.500h7.5" />
      <path d="m13 10.8 2.8 2.7-2.8 2.7" />
    </>,
  );

export const RecordInIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path
        d="M3 7.5a2 2 0 0 1 2-2h4l2 2.5h8a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z"
        fill="currentcolor"
        stroke="none"
      />
      <path d="m8.6 13.4 2.4 2.4 4.4-4.8" class="ks" stroke-width="2.2" />
    </>,
  );

export const RecordNoneIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path
        d="M3 7.5a2 2 0 0 1 2-2h4l2 2.5h8a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z"
        stroke-dasharray="3 2.6"
      />
      <path d="M9.5 13.500h5" />
    </>,
  );

export const SeenIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M2.5 12S6 6 12 6s9.5 6 9.5 6-3.5 6-9.5 6-9.5-6-9.5-6z" />
      <circle cx="12" cy="12" r="2.8" fill="currentcolor" stroke="none" />
    </>,
  );

export const SentIcon = ({ size }: IconProps) => draw(size, <path d="M5 12.5 9.5 17 19 7.5" />);

export const SpaceAnnouncementIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M4 10v4.500h3l9 4.500V5.500L7 10z" />
      <path d="M19.3 10a4 4 0 0 1 0 4.5" />
      <path d="M8 14.8 9.2 19.5" />
    </>,
  );

export const SpaceDirectIcon = ({ size }: IconProps) => draw(size, <path d="M4.5 5h15v11h-8l-4 3.500V16h-3z" />);

export const SpacePatientIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <circle cx="12" cy="7.3" r="3.3" />
      <path d="M5.5 20c.4-4.6 2.9-7 6.5-7s6.1 2.4 6.5 7" />
      <path d="M9 17.500h6" />
    </>,
  );

export const SpaceRoleIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M6 8h12v11.500H6z" />
      <path d="M12 8V3.5" />
      <path d="M9.5 8V6h5v2" />
      <circle cx="12" cy="12.3" r="1.7" />
      <path d="M9 17c.5-1.6 1.6-2.2 3-2.200s2.5.6 3 2.2" />
    </>,
  );

export const SpaceSocialIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M5 8h11v7.500a3 3 0 0 1-3 3H8a3 3 0 0 1-3-3z" />
      <path d="M16 10h1.800a2.2 2.2 0 0 1 0 5H16" />
      <path d="M8.5 3.500v2" />
      <path d="M12.5 3.500v2" />
    </>,
  );

export const SpaceTeamIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <circle cx="8.5" cy="8.5" r="3" />
      <circle cx="16.5" cy="9.5" r="2.3" />
      <path d="M2.8 18.800c.3-3.7 2.5-5.6 5.7-5.600s5.4 1.9 5.7 5.6" />
      <path d="M16.3 14c2.8 0 4.5 1.6 4.9 4.6" />
    </>,
  );

export const UrgentIcon = ({ size }: IconProps) =>
  draw(
    size,
    <>
      <path d="M12 2.8 22.3 20.800H1.700z" fill="currentcolor" stroke="none" />
      <path d="M12 9.300v5.3" class="ks" stroke-width="2.3" />
      <circle cx="12" cy="17.7" r="1.35" class="kf" stroke="none" />
    </>,
  );
