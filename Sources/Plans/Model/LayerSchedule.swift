/// Layers that need each other and take their time: what can't be faster, and what would be, side by side.
package struct LayerSchedule: Sendable {
    /// How long each takes.
    package let work: [Duration]
    /// For each the places of those that must be there before it, all of which stand before it.
    package let needs: [[Int]]

    /// Takes what is known of the layers.
    package init(work: [Duration], needs: [[Int]]) {
        self.work = work
        self.needs = needs
    }

    /// The chain of layers, each of which needs the one before it, that takes longest: no number of jobs is faster.
    package var criticalPath: (layers: [Int], length: Duration) {
        var ends: [Duration] = []
        var before: [Int?] = []
        for (place, own) in work.enumerated() {
            let last = needs[place].max { ends[$0] < ends[$1] }
            before.append(last)
            ends.append(own + (last.map { ends[$0] } ?? .zero))
        }
        guard var place = ends.indices.max(by: { ends[$0] < ends[$1] }) else { return ([], .zero) }
        let length = ends[place]
        var path = [place]
        while let next = before[place] {
            path.append(next)
            place = next
        }
        return (path.reversed(), length)
    }

    /// How long all would take with so many at once: a layer begins when what it needs is there, the first in the order of
    /// the recipe among those that can.
    package func length(jobs: Int) -> Duration {
        var left = needs.map { Set($0).count }
        var waiting: [[Int]] = Array(repeating: [], count: work.count)
        for (place, direct) in needs.enumerated() { for need in Set(direct) { waiting[need].append(place) } }
        var ready = Set(left.indices.filter { left[$0] == 0 })
        var running: [(layer: Int, end: Duration)] = []
        var now = Duration.zero
        while true {
            while running.count < max(1, jobs), let next = ready.min() {
                ready.remove(next)
                running.append((next, now + work[next]))
            }
            guard let first = running.indices.min(by: { running[$0].end < running[$1].end }) else { return now }
            let done = running.remove(at: first)
            now = done.end
            for layer in waiting[done.layer] {
                left[layer] -= 1
                if left[layer] == 0 { ready.insert(layer) }
            }
        }
    }

    /// The least number of jobs with which all takes hardly longer than with any number: within a fiftieth.
    package var usefulJobs: Int {
        let best = length(jobs: work.count)
        var (low, high) = (1, max(1, work.count))
        while low < high {
            let middle = (low + high) / 2
            if length(jobs: middle) - best <= best / 50 { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Of all groups of layers that need the same, the one that takes longest together; empty if there is none of several.
    package var largestGroup: [Int] {
        Dictionary(grouping: work.indices) { Set(needs[$0]) }.values.filter { $0.count > 1 }
            .sorted { $0[0] < $1[0] }
            .max { sum(of: $0) < sum(of: $1) } ?? []
    }

    private func sum(of layers: [Int]) -> Duration { layers.reduce(.zero) { $0 + work[$1] } }
}
