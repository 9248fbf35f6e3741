import { testAgreement } from './agreement.js';

await testAgreement('webgpu');
