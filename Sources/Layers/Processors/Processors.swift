import Glibc

/// What packing, unpacking and hashing have of the machine, however many layers a process works on at once.
///
/// Each layer has a thread and a few chunks of its own, whatever the others have, and goes on with them alone if need be.
/// What more it takes, it takes if there is some left: nobody waits for what another layer has, so there can be no
/// deadlock, and a layer by itself has the whole machine. What comes out doesn't depend on who got what.
package final class Processors: Sendable {
    /// Those of this process.
    package static let all = Processors(sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    /// How many there are. Of more than 16 the others are left to scripts, which keeps the memory in use within bounds.
    package let count: Int
    /// Threads that compress, beyond one for each layer. Twice as many as there are processors: those of an image are its
    /// own to the end, and some of them wait.
    let threads: Allowance
    /// Layers that are unpacked while they come, beyond two for each image that is brought here.
    package let arrivals: Allowance
    /// MiB of chunks on their way, beyond a few of each layer.
    let memory: Allowance
    /// Where chunks have their memory from.
    let chunks = ChunkPool()

    /// - Parameter count: how many; the number is brought within its bounds.
    package init(_ count: Int) {
        self.count = max(1, min(16, count))
        threads = Allowance(2 * self.count)
        arrivals = Allowance(max(2, self.count))
        memory = Allowance(max(32, 8 * self.count))
    }
}
