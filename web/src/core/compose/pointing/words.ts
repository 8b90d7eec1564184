/** The words by which the rules tell talk about a patient from talk about a place, a colleague or a thing. */
const set = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/).filter(Boolean));

/** Where one patient lies or sits. */
export const spots = set(
  'bed bd sideroom siderm siderom sroom sr cubicle cubical cube cub resus rsus cot incubator trolley chair pod',
);
/** Where one patient or many may be; a number alone does not say it. */
export const areas = set(
  'bay room rm corridor station recliner majors minors itu icu hdu ccu picu nicu scbu recovery theatre theatres rat triage ambulatory sdec bays labour',
);
/** Where people are, without a number. */
export const wards = set(
  'ed ae a&e amu mau eau sau cdu acu ward wd ambulance corridor waiting delivery endoscopy dialysis clinic stroke ct mri xray floor unit outliers lounge resus rsus paeds hasu',
);

/** Somebody who is looked after. */
export const patients = set('pt patient pnt pateint patinet paitent patietn pateient px');
export const people = set(
  'lady ladys gent gentleman man woman boy girl chap guy bloke fella fellow lad baby child kid toddler infant newborn neonate teenager twin twins triplets one female male youngster dear chappie geezer lass pensioner granny blocker gentelman gentlman lday',
);
/** Of whom age and sex tell: "67 yo male". */
export const sexes = set(
  'm f male female man woman lady gent gentleman boy girl chap guy bloke child baby infant toddler teenager pt patient lad kid neonate primip multip ♀ ♂',
);
export const relatives = set(
  'wife husband partner son daughter mum mother dad father sister brother family nok relative relatives carer carers visitors niece nephew grandson granddaughter',
);
export const pronouns = set("he she he's she's his her their hes shes");

export const pointers = set('the this that our my your his her another new these ur da dis');
/** With one of these, nobody in particular is meant. */
export const anybody = set(
  'each every any all no per many most some several few both other these those if when whenever whether should must always never policy protocol guideline guidelines guidance audit remember ensure reminder training survey study trial',
);
/** "patient transport": the patient is no person there. */
export const compounds = set(
  'flow safety transport list lists info information leaflet leaflets experience records record record-keeping entertainment property meals meal list handover numbers number satisfaction pathway pathways group groups care facing centred records system systems portal feedback story stories file files notes register line board boards movement moves tracking access hotel kitchen toilet toilets lift lifts call bell bells id ids labels wristbands trolley trolleys monies money liaison advice affairs services advocate advocacy representative rep volunteer volunteers participation engagement engagment demographics folder folders data dignity census capacity volume volumes pals charter',
);

export const staff = set(
  "nurse nurses sister matron doctor doctors dr drs consultant consultants reg registrar registrars sho shos fy f1 fy1 f2 fy2 hca hcas rn rns porter porters physio physios ot ots pharmacist pharmacists phlebotomist cleaner cleaners domestic domestics housekeeper manager managers coordinator student students locum agency bank ward-clerk receptionist reception volunteer engineer electrician plumber contractor technician estates it hr payroll switchboard procurement facilities catering charity rep union security police chaplaincy colleague colleagues team teams boss anaesthetist surgeon medic medics radiographer secretary trainee intern gp gps midwife midwives supervisor mentor auditor inspector cqc company supplier office rota shift shifts oncall nights lates covering cover covered covers leave annual bleep bleeps bleeping handover tonight's staffing staffed staff",
);
/** What only people at work do. "JS is on call", "he's got the bleep". */
export const atWork = set(
  'covering cover covers nights night lates late earlies early shift shifts oncall call leave annual bleep bleeps rota swap swapping swapped agency locum teaching presenting chairing holding carrying doing clerking reviewing seeing taking running coming scrubbed operating consenting rounding supervising working works work job interview training clinic list desk office mess wfh remote audit exam exams break lunch coffee tea birthday cake dentist school childcare meeting colleague consultant registrar sho reg rang emailed thanks cheers ta ok handover off-sick',
);

/** A place or a thing that is cleaned, mended, counted or booked. */
export const kit = set(
  'clean cleaned cleaning cleans cleaners cleaner deep-clean free empty emptied emptying vacant available ready closed closing closes close closure opened reopened reopening reopen shut broken broke breaks faulty fault repair repaired repairs repairing fix fixed fixing mended service serviced mattress mattresses rail rails brake brakes wheel wheels tyre tyres curtain curtains light lights lighting bulb lightbulb lamp tv telly remote socket sockets plug sink sinks tap taps toilet toilets shower leak leaks leaking leaked flood flooded estates facilities housekeeping domestics monitor monitors alarm alarms alarming bell bells buzzer phone phones telephone signal wifi printer printers pc computer laptop wow cow door doors port ports suction bvm restock restocked restocking stock stocked stocks checked booked booking bookings double-booked meeting meetings teaching training seminar lecture lunch space spaces occupancy occupied unoccupied staffing staffed short-staffed allocation allocations linen sheets strip stripped stripping bedspace store stores storeroom cupboard cupboards fridge fridges heating heater hot-water aircon negative ventilation painted painting refurb refurbished refurbishment couch machine machines scanner scanners probe probes pump pumps equipment bariatric kit tagging cohort cohorted cohorting tested test pat sign signs signage keys key code lock locked unlocked window-latch blinds ceiling used storage servicing electrician otoscope ophthalmoscope sphyg thermometer stand stands paper roll rolls gloves aprons gowns soap towels tissues box boxes stethoscope tray trays packs controller projector sofa squeak squeaks beeping tiles smell bins bin waste rubbish sharps commodes stuck spare spares extra numbers capacity-report figures screens screen cable cables charger batteries battery lost mop evacuated fire drill restricted fan fans remote replace replaced replacing replacement furniture table tables locker lockers hoist hoists audit visiting plumber headboard armrest lanyard plumbing paint steam fogged hpv fogging decant decanted decanting painters contractors estate bariatric-bed layout photo photos poster posters sluice stores delivery delivered wifi',
);
/** Of these, one alone settles it when it is said of the place itself: "bed 5 is free". */
export const settled = set(
  'clean cleaned free empty vacant available ready closed shut open opened reopened broken faulty booked fixed repaired restocked stripped unoccupied occupied checked out locked',
);

/** What is measured of a patient: with a number behind it, somebody is meant. */
export const measures = set(
  'sats sat satting spo2 spo sao2 bp hr rr temp t news news2 gcs avpu bm bms cbg o2 ews mews pews map output uop fio fio2 hb haemoglobin k na crp trop troponin trops inr lactate lac wcc wbc creat creatinine cr urea ur egfr plt plts platelets dimer amylase lipase bilirubin bili alt lfts lft ck cks ketones ketone glucose potassium sodium calcium ca magnesium phosphate bnp tsh ph pco pao bhcg hcg pulse bsl sugar sugars urate weight amts amt cfs qtc ntprobnp ferritin nat bicarb bicarbonate base albumin vanc gent apttr aptt fibrinogen ddimer psa csf wells curb',
);

/** Somebody is ill, is treated, comes or goes. */
export const care = set(
  `obs ecg ecgs cxr xr xray xrays x-ray ct mri uss usound echo endoscopy ogd colonoscopy sigmoidoscopy ercp mrcp angio angiogram pci lp abg abgs vbg eeg doppler bloods blood cultures
  culture msu urine stool swab swabs sample crossmatch crossmatched xmatch xmatched transfusion transfuse transfused units ffp
  pain painful sore ache aches headache sob soboe breathless breathing vomit vomiting vomited vomits nausea nauseous nauseated dizzy dizziness confused confusion delirious delirium
  agitated agitation drowsy drowsier sleepy unwell poorly septic sepsis pyrexial pyrexia febrile fever feverish spiking spiked spike rigoring rigors rigor bleed bleeding bled bleeds melaena melena fitting fit fits
  seizure seizures seizing collapsed collapse collapsing unresponsive unconscious arrest arrested arresting arrests periarrest peri peri-arrest fell fall fallen falling fainted faint fainting syncope rash swollen swelling wheezing wheezy wheeze
  cough coughing retention incontinent diarrhoea diarrhea constipated jaundiced jaundice cyanosed clammy sweaty sweating pale grey tearful suicidal aggressive wandering wandered refusing refused refuses refuse
  intoxicated withdrawing withdrawal overdose od stable unstable deteriorating deteriorated deterioration deteriorate worse worsening worsened improved improving better settled died dead dying death deceased rip palliative eol eolc dnar dnacpr
  dnr tep respect escalation ceiling resuscitation resuscitated cpr rosc alert orientated disorientated responding anxious distressed upset crying settling itchy thirsty hungry eating drinking mobilising mobilised weak weakness numb
  cannula cannulas cannulate cannulated cannulation venflon line lines picc cvc art catheter catheterised catheterise catheters tov twoc drain drains intubated intubate intubating extubated extubate intubation niv cpap bipap optiflow hfno
  nasal oxygen nebs neb nebuliser nebulised fluids fluid bolus abx antibiotics antibiotic iv ivs ivabx insulin vrii sliding heparin warfarin apixaban rivaroxaban edoxaban dalteparin enoxaparin clexane
  fragmin tinzaparin analgesia painkillers paracetamol ibuprofen codeine morphine oramorph oxycodone fentanyl tramadol diamorphine midazolam haloperidol lorazepam diazepam
  furosemide frusemide bumetanide aspirin clopidogrel ticagrelor digoxin amiodarone adenosine adrenaline norad noradrenaline metaraminol salbutamol steroids hydrocortisone prednisolone dex dexamethasone
  tazocin taz coamox co-amoxiclav meropenem mero gentamicin vancomycin teicoplanin metronidazole cipro levetiracetam keppra phenytoin naloxone flumazenil parvolex nac pabrinex chlordiazepoxide thiamine laxatives laxative senna movicol enema
  meds med medication medications medicines kardex chart charts prescription prescribe prescribed prescribing dose doses tta ttas tto ttos tta's edn eddn discharge discharged discharging discharges self-discharge dc home review reviewed
  reviewing clerk clerked clerking assess assessed assessment capacity dols mca safeguarding salt slt physio dietitian consent consented consents transport transfer transferred transferring stepdown step-down repat nbm npo starved fasted rmn special specialled
  specialling 1:1 vte swabbed mrsa cdiff diff covid flu norovirus noro rsv tb cpe vre isolate isolation theatre surgery op operation postop post-op preop pre-op anaesthetic block ng ngt peg tpn feed feeding feeds
  cva tia mi stemi nstemi acs pe pes dvt dka hhs aki ckd copd asthma asthmatic pneumonia cap hap uti urosepsis pyelo nof #nof hip stroke sah sdh ich gi gib lgib ugib varices appendix appendicitis obstruction obstructed perforation perforated perf
  fracture fractured fractures dislocation dislocated af flutter vt vf svt bradycardia heartblock chb failure ccf lvf anaphylaxis anaphylactic rif ruq luq lif loin abdo abdomen abdominal chest head injury trauma
  labour labouring dilated contracting pph aph pv ctg meconium breech crowning hernia hernias aspiration aspirated ulcer ulcers cellulitis wound wounds dressing dressings sutures stitches cast burn burns cancer mets cauda equina off-legs legs
  cerebral ischaemic ischaemia gangrene necrotic nec fasc sickle crisis psychosis psychotic manic sectioned section crohns ibd dic hit ttp vomit poo poos pee peeing weeing passed bowels bo bno stoma
  toxic serotonin acidotic acidosis shocked shock mottled peripheries crt anuric oliguric dehydrated dehydration overloaded overload oedema oedematous effusion pneumothorax tamponade dissection aneurysm aaa limb leg arm foot
  tachy brady fast irregular hypo hypos low high dropped drop dropping down dipped desat desats desatting desatted going gone wants needs asking cannulae tetanus psych psychiatric mental liaison frail fistula dialysis dialysed filter hd crrt bmt chemo neutropenic
  dementia alzheimers alzheimer's parkinsons parkinson's epilepsy epileptic diabetes diabetic cirrhosis cirrhotic alcoholic ms mnd lupus medically infusion epidural reacting reaction allergic allergy
  ectopic miscarriage miscarrying stridor decel decels haemorrhage biba lrti urti septicaemia waters dropping attender airway maintaining wrist ankle elbow shoulder knee rib ribs jaw femur tibia fibula humerus clavicle pelvis spine spinal dystocia proning proned prone pupils pupil awful lung mass lump tumour cyanotic syncopal fontanelle stabbing stabbed torsion testicular palpitations ringing shouting screaming biting hitting kicking spitting throwing crying sleeping awake struggling hypothermic missing rami pubic
  meningitis encephalitis croup bronchiolitis bronch eczema asd murmur lucid sedated sedation tachypnoeic apnoea apnoeic tremor vomitting seizing plan diagnosis dx sx tx hx pmh prognosis family nok news
  treatment treated treat specialist referral referred refer accepted accept clerking investigations results result swallow swallowing choking choked speech drain bruising bruised itching neuro ortho surgeons cardiology cardio gastro renal resp haem urology vascular icu itu outreach
  removed removal reinsert insert inserted pulled pulling climbing climbed absconded abscond missing-from awol left leaving drop hypos unwitnessed witnessed mechanical bloodgas thrombolysis thrombolysed lysis cathlab cath paced pacing pacemaker cardioverted cardioversion dcc`,
);
/** Words of `care` that say nothing alone, because they are said of places, staff and things too. */
export const faint = set(
  'missing wants needs asking going gone down low high home plan transport transfer transferred transferring family nok left leaving block cap mi hit it line lines cover special section chart charts fast grey pale better worse off units blood oxygen results result removed head filter ceiling escalation covid flu tb sore sample op arm leg foot hip respect physio salt news med meds treatment ortho surgeons cardiology cardio gastro renal resp haem urology vascular icu itu outreach review reviewed discharge discharges discharged assessment settled failure fit fits feed stable alert drop drain drains cast stroke ct mri theatre surgery dialysis xray endoscopy echo capacity clerking accept accepted referral referred refer ivs iv passed audit isolation isolate catheter catheters cannulas cannula tazocin',
);
/** The endings and beginnings of clinical words, for those that no list has. */
export const clinical =
  /^(?:hyper|hypo|tachy|brady|haemat|haemo|desat|post-?op|pre-?op|cannul|catheteri|intubat|transfus|thrombo|pneumo|resus[ci]i|vomit|deteriorat|abscond|self-?discharg)\p{L}{3}|(?:itis|aemia|aemic|osis|uria|uric|pnoea|pnoeic|ectomy|otomy|ostomy|oscopy|plegia|plegic|paresis|algia|rrhage|rrhoea|cillin|mycin|micin|conazole|prazole|olol|statin|sartan|oxaban|parin|azepam|azolam|triptan|gliptin|gliflozin|dipine|thiazide|tensive|xiclav|cycline|floxacin|ophylline|rexate|setron|tropium|terol|coccal|coccus|tocia|ptysis|phagia|phasia|arthria|opia|ataxia|oedema|cardia|haematoma|carcinoma|lymphoma)$/u;

/** Of somebody ill this minute: with "she" or "his" it points without a place. */
export const acute = set(
  'septic sepsis hypotensive hypoxic tachycardic bradycardic desaturating desatting desatted desat vomiting vomited seizing seizure fitting unresponsive unconscious bleeding bled arrested arresting periarrest peri-arrest clammy pyrexial febrile spiking rigoring drowsy confused delirious agitated fell fallen collapsed deteriorating deteriorated dying died cyanosed anuric oliguric jaundiced suicidal absconded tachypnoeic breathless wheezy arrest peri airway crashing intubating melaena haematemesis cannulated catheterised intubated transfused aki dka pe af vt svt stemi nstemi hypoglycaemic hyperkalaemic acidotic shocked dnacpr dnar nbm sats bp hb crp inr lactate trop troponin gcs bm potassium creatinine ecg abg cannula catheter bloods ttas tta tto ttos antibiotics abx insulin warfarin rash swollen incontinent retention',
);

/** Short words in capitals that are nobody's initials. */
export const abbreviations = set(
  `abg abx tb pd lp ac acp acs adl ae af ah ahp aki alp als alt am amt amts amu ana anp ap aph apt asap at atls au aub avr bbv bd be bhcg bi bls bm bma bmi bms bmt bnf bno bnp bo bp bpm br bsl bvm by
  ca cab cap cbd cbg cbt cc ccf ccg ccot ccu cct cd cdu cea ceo cfo cf cfs chb chc ci ck ckd cmo cn cnn cns co cof cons coo copd cp cpa cpap cpe cpr cqc cqi cr crn crp crt cs csf csm ctg ct ctca ctg ctpa cts cv cva cvc cvp cxr
  da dc dcc dco ddx dgh dh dic dip dka dm dnr do dob dod doh dol dr drs ds dta dts du dvla dvt dx eau ecg ecmo ed edd edn ee eeg ef egfr elp em emg ems en ent eol epr er esr est et eta etoh etc eu ews
  fao fbc ffp fh fit fob for fu fun fx fy fyi ga gcs gi gib go gmc gp gpcr gps gtn gu gum gynae ha had hap has hb hba hca hcas hcg hcp hd hdu he her hep hf hhs hi him his hit hiv hma ho hob hos hov how hpb hpv hr hs hsv htn hx
  ia iad iba ibd ibs ibu ic icb icd ice ich icp icu id ie if ig ii iii im imc imt in inc inr ip ipc is it ita itu iud iv ivabx ivf ivi ivs jvp kcl kg kpi ktp la lab lac lad las lbbb ld ldh le let lft lfts lhs lif lmwh lma lmp lo loa lol los lrti lt lto luq lv lvef lvf
  ma map mau mc mca mcs mcv md mdt mdu me mea mep met mg mh mha mi mid mis ml mm mmm mmr mod mp mps mr mrcp mri mrsa ms msk mst msu mtc my na nac nai nap nas nb nbm nec neb nebs new ng ngt nh nhs nicu nil niv nj nmc no nof nok nor not now np npo npt nr ns nsr nsu nut nvd
  obs od off ogd oh ok old om omg on one onc op opa opd opg ops or ort ot our out ox pa pac paf pals pas pat pc pca pci pcp pct pda pdf pe peg per pes pet pf pgd ph phd pi picc pid pip pls pm pmh pn po poc pom pos poss pp ppe ppf pph ppi pr prn pro psa psi pt pta pth pto pts pu pul pv pvc pvd px
  qa qds qi qip qtc ra ran rat rbbb rbc rca rcp rcn re ref reg reh res rfa rhs ri rif rip rl rm rmn rmo rn rnc ro rod rop rosc rot rr rrt rs rsi rsv rta rtc rto ruq rv rvi rx
  sa sah sas sats sau sbar sbo sbp sc scbu sd sdec sdh sdu se sen set she shd sho shos si siadh sim sip sit six slt sn so soa sob soboe soc sod soe som sop sops sos sp spa spc spr sr ss ssi ssri st sta stat std stp str su sup sve svt sw sx
  ta tab tah tbc tca tds tdd ten tep tft the tho thr tia tid tka tkr tlc tnf to tob tof top tpn tpr tr tsh tt tta ttas tto ttos turp tv tvn two twoc tx ua uc ue ues ufh ugi ugib uk un uop up ur urti us use usa uss ut uti utis
  va vac vad vbg vc vf via vip vis vit vl vpb vre vs vsd vt vte vtes vw wap was wbc wc wcc we wfh who why wr wte wtf xr xray yes yet you yo yr zn bedm nurse ward bay bed side sr ssu hosp ent rad ortho med surg paeds obgyn neuro card haem all any are ask bad big but can did end eye far fed few fix fyi get god got guy hot ill its kit lot man may men mum dad new nil nob out own pay pls put red rep run saw say sad see sit son tea the tho thx too try use via way wet who why won yep yet you our day due cut cup car bus box bit ago age act add aid air arm its let low max met min mix off per pen plz pop pre pub row sir six sky spa sun tax ten tie tip top van via war yay zip urg dnar acu pau raz rats fast pod hub doc docs hdu ccu picu icu ems fte wte cpd cdr crb dbs esr hee hst ims cib apc arc nice mhra nrls psirf aar ia ai io vr pm am bst gmt ie eg nb ps cc bcc fwd rsvp tba tbd eta etd asap ooh oob otc`,
);

/** Illnesses and operations that are said for the person: "the stroke in bay 2". */
export const conditions = set(
  'nof stroke cva tia dka hhs overdose od appendix pneumonia cap hip knee fracture bleed gib sepsis aki stemi nstemi mi pe dvt asthma copd pancreatitis abscess hernia bowel obstruction perforation laparotomy seizure faller fall trauma rtc stab burn abdo chest ectopic section collapse overdose pancreas uti cellulitis epistaxis pneumothorax sah sdh aaa amputation transplant admission readmission transfer referral outlier',
);
