/* MPI_Allreduce of float32, timed by the slowest rank.
 * usage: mpi BYTES WARMUPS ITERATIONS; rank 0 prints {"times": [milliseconds, ...]}. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  int rank, size;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (argc != 4) MPI_Abort(MPI_COMM_WORLD, 2);
  const int count = (int)(atol(argv[1]) / 4), warmups = atoi(argv[2]), iterations = atoi(argv[3]);
  float *vector = malloc(sizeof(float) * (size_t)count);
  for (int i = 0; i < count; i++) vector[i] = (float)(rank + 1);
  if (rank == 0) printf("{\"times\": [");
  for (int iteration = -warmups; iteration < iterations; iteration++) {
    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime(), slowest;
    MPI_Allreduce(MPI_IN_PLACE, vector, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    double own = (MPI_Wtime() - start) * 1e3;
    if (iteration == -warmups)
      for (int i = 0; i < count; i++)
        if (vector[i] != (float)(size * (size + 1) / 2)) MPI_Abort(MPI_COMM_WORLD, 3);
    for (int i = 0; i < count && i < 16; i++) vector[i] = 0;
    MPI_Allreduce(&own, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    if (rank == 0 && iteration >= 0) printf("%s%.4f", iteration ? ", " : "", slowest);
  }
  if (rank == 0) printf("]}\n");
  free(vector);
  MPI_Finalize();
  return 0;
}
