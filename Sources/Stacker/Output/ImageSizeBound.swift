import OCI

extension ImageDraft {
    /// Whether neither manifest nor config can be longer than `limit`, whatever becomes of their characters in JSON. To
    /// encode them only to see that would cost as much for each layer as the recipe is long, which is an annotation.
    ///
    /// - Returns: false also if that can't be said so quickly.
    func fitsInAnyCase(_ limit: Int) -> Bool {
        guard let manifest = boundOfManifest, let config = config.boundOfSize else { return false }
        return manifest <= limit && config <= limit
    }

    private var boundOfManifest: Int? {
        guard !hasOtherMembers, layers.allSatisfy({ $0.others.members.isEmpty && $0.platform == nil })
        else { return nil }
        return fixed + bound(annotations) + layers.reduce(0) { $0 + fixed + bound($1.annotations ?? [:]) }
    }
}

extension ImageConfig {
    fileprivate var boundOfSize: Int? {
        let execution = config ?? Execution()
        let history = history ?? []
        let members = [others, platform.others, execution.others, rootfs.others].map(\.members)
        guard members.allSatisfy(\.isEmpty), history.allSatisfy({ $0.others.members.isEmpty }),
            (execution.volumes ?? [:]).values.allSatisfy({ $0 == .object([:]) })
        else { return nil }
        let words = [execution.env, execution.entrypoint, execution.cmd].flatMap { $0 ?? [] }
        let names = [created, author, platform.variant, execution.user, execution.workingDir].compactMap(\.self)
        return fixed + bound(words + names + [platform.os, platform.architecture] + (execution.volumes ?? [:]).keys)
            + bound(execution.labels ?? [:]) + rootfs.diffIDs.count * fixed
            + history.reduce(0) { $0 + fixed + bound([$1.created, $1.createdBy, $1.author].compactMap(\.self)) }
    }
}

/// More than the names of all members of any of these objects have, and their numbers and digests.
private let fixed = 512

/// A character may become six, and a text has quotes and a comma.
private func bound(_ texts: [String]) -> Int { texts.reduce(0) { $0 + $1.utf8.count * 6 + 16 } }

private func bound(_ texts: [String: String]) -> Int { bound(Array(texts.keys)) + bound(Array(texts.values)) }
