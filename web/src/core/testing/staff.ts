/** An invented hospital's staff, as many as are wanted, the same each time: some names are common, most are rare. */
import type { Profile } from '../remote/shapes.ts';

const given =
  'Olivia Amelia Isla Ava Ivy Lily Freya Mia Grace Sarah Emma Laura Claire Helen Susan Julie Karen Jane Anita Priya Fatima Aisha Zainab Ngozi Chioma Siobhán Aoife Niamh Catherine Katherine Kathryn Anne Ann Anna Hannah Leila Mary Maria Marie Elizabeth Rebecca Rachel Jessica Sophie Charlotte Lucy Oliver George Arthur Noah Muhammad Mohammed Mohamed Leo Oscar Harry John Jon Jonathan James David Michael Paul Andrew Mark Stephen Steven Peter Philip Phillip Robert Richard Thomas William Daniel Matthew Christopher Simon Ian Alan Kevin Brian Sean Shaun Kofi Kwame Tunde Emeka Anil Amit Raj Sanjay Vikram Ahmed Ali Hassan Omar Yusuf José Zoë Søren Łukasz Agnieszka Piotr Nguyễn Wei Li Mei Jun'.split(
    ' ',
  );
const families =
  'Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker White Roberts Green Hall Wood Jackson Clarke Clark Khan Ali Hussain Begum Ahmed Singh Kaur Shah Lewis Harris Thomas Hughes Edwards Turner Hill Moore Cooper Ward Morris King Watson Harrison Baker Martin Morgan Patterson Paterson Campbell Mitchell Anderson Scott Murphy Kelly O’Sullivan O’Brien O’Connor Byrne Ryan Walsh Reid Reed Read MacDonald McDonald MacLean McLean Murray Stewart Stuart Fraser Kerr Osei Mensah Boateng Owusu Appiah Okafor Adeyemi Okonkwo Rao Sharma Gupta Iyer Nair Menon Reddy Kumar Das Fernandes da\u00a0Silva Santos Reyes Cruz Garcia Nowak Kowalski Wiśniewski Müller Nguyen Tran Chen Wong Chan Lee Li Smyth Braun Thomson Smith-Jones Okafor-Williamson'.split(
    ' ',
  );
const starts =
  'Bar Ken Hol Win Ash Thorn Cal Mar Den Wes Hart Lang Pem Rad Stan Tol Whit Yar Cran Fen Gar Hux Ing Lod'.split(' ');
const middles = ['', 'ber', 'der', 'ing', 'el', 'an', 'ker', 'ston', 'wor', 'min', 'ling'];
const ends = 'ton ley ford well worth by field man son ham wick stead combe sby ridge more'.split(' ');
const roles = [
  'Staff nurse',
  'Staff nurse',
  'Staff nurse',
  'Staff nurse',
  'Healthcare assistant',
  'Healthcare assistant',
  'Charge nurse',
  'Ward clerk',
  'Medical Registrar',
  'Surgical Registrar',
  'Foundation doctor, year 1',
  'FY2',
  'ST3 Medicine',
  'Specialty trainee 5, Renal',
  'Core Surgical Trainee',
  'Consultant, General Medicine',
  'Consultant, Trauma and Orthopaedics',
  'Consultant anaesthetist',
  'Pharmacist',
  'Physiotherapist',
  'Occupational Therapist',
  'Advanced Nurse Practitioner',
  'Clinical Nurse Specialist',
  'Critical Care Outreach',
  'Porter',
  'Dietitian',
  'Midwife',
  'Radiographer',
];
const wards = [
  ...Array.from({ length: 15 }, (_, at) => [`Ward ${at + 1}A`, `Ward ${at + 1}B`]).flat(),
  'Acute Medical Unit',
  'ITU',
  'Emergency Department',
  'Theatres',
  'Wards 6 to 8',
  'Labour Ward',
  'Outpatients',
  '',
];

/** The same numbers each time: this is no secret. */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function inventStaff(count: number, seed = 1): Profile[] {
  const roll = dice(seed);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(roll() * of.length)] as T;
  /** What stands first is common. */
  const skewed = <T>(of: readonly T[]): T => of[Math.floor(roll() ** 2 * of.length)] as T;
  const hex = (digits: number) => Array.from({ length: digits }, () => Math.floor(roll() * 16).toString(16)).join('');
  return Array.from({ length: count }, (_, at) => {
    const family = roll() < 0.45 ? skewed(families) : `${pick(starts)}${pick(middles)}${pick(ends)}`;
    const first = skewed(given);
    const role = pick(roles);
    const title = /Consultant|Registrar|ST\d|Specialty|Core|FY|Foundation/.test(role) ? 'Dr ' : '';
    const userName = `${first}.${family}${at}`
      .normalize('NFD')
      .replaceAll(/[^A-Za-z0-9.]/g, '')
      .toLowerCase();
    return {
      person: `019a${hex(4)}-${hex(4)}-7${hex(3)}-a${hex(3)}-${at.toString(16).padStart(12, '0')}`,
      userName,
      displayName: `${title}${first} ${family}`,
      role,
      ward: pick(wards),
      organisation: roll() < 0.97 ? 'Example Hospital' : 'Riverside Practice',
      enrolled: true,
      left: false,
    };
  });
}
