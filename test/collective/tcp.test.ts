import { init, listenAsMaster } from '../../src/rendezvous/init.ts';
import { collectiveCompliance } from '../compliance/collective.ts';

collectiveCompliance('tcp', async (size, options) => {
  const master = await listenAsMaster();
  const communicators = await Promise.all(
    Array.from({ length: size }, (_, rank) =>
      init({
        rank,
        size,
        masterPort: master.port,
        deadlineMs: 20_000,
        ...options,
        ...(rank === 0 && { master }),
      }),
    ),
  );
  return {
    communicators,
    async close() {
      await Promise.all(communicators.map((communicator) => communicator.close()));
    },
  };
});
