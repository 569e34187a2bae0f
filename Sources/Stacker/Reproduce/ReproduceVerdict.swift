import Failure
import OCI

/// What became of one image in two builds.
struct ReproduceVerdict {
    let tag: String
    /// What it is in the first build and in the second; `nil` where there is none.
    let digests: (first: Digest?, second: Digest?)

    var isSame: Bool { digests.first == digests.second }

    /// The verdict in words; how the images differ, if they do.
    ///
    /// - Parameter difference: says how, of two images of that tag; `nil` for nothing of it.
    func text(_ difference: ((String) throws -> String)?) rethrows -> String {
        switch digests {
        case (let digest?, let other?) where digest == other: "\(shown(tag)): the same in both builds, \(digest)"
        case (_?, _?): "\(shown(tag)): not the same" + (try difference.map { "\n" + (try $0(tag)) } ?? "")
        case (_?, nil): "\(shown(tag)): only the first build has it"
        default: "\(shown(tag)): only the second build has it"
        }
    }
}

extension TrialImages {
    /// The verdicts of all images that these, or those of another build, have.
    func verdicts(beside others: TrialImages) -> [ReproduceVerdict] {
        let tags = entries.map(\.tag) + others.entries.map(\.tag).filter { self[$0] == nil }
        return tags.map { ReproduceVerdict(tag: $0, digests: (self[$0], others[$0])) }
    }
}
