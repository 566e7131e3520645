import { describeCodecCompliance } from '../compliance/codec.ts';

describeCodecCompliance();
