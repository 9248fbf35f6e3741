import { manualSeed } from '@hourglass/core';

// Files of tests share a process, and what one draws from the default generator must not depend on those before it.
manualSeed(0);
