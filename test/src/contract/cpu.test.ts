import { testAgreement } from './agreement.js';

await testAgreement('cpu');
