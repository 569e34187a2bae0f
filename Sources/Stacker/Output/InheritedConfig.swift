import OCI

extension ImageConfig {
    /// What an image that is built on this one starts from.
    ///
    /// - Parameter layers: how many layers this image has.
    func inherited(layers: Int) -> ImageConfig {
        var config = self
        for name in Self.ofOneBuild { config.others[name] = nil }
        config.history = completeHistory(layers: layers)
        return config
    }

    /// How Docker, and BuildKit, say of an image by which container and of which other image it was made. Of an image on
    /// it this would be wrong.
    private static let ofOneBuild = [
        "id", "parent", "container", "container_config", "docker_version", "moby.buildkit.cache.v0",
        "moby.buildkit.buildinfo.v1",
    ]

    /// The history with one entry for each layer, as whoever builds on the image counts them. Where it is too short, as one
    /// that was left out is, entries follow; in one that is too long the last ones are of no layer. BuildKit does the same.
    private func completeHistory(layers: Int) -> [History]? {
        var history = history ?? []
        var count = 0
        for place in history.indices where history[place].emptyLayer != true {
            count += 1
            if count > layers { history[place].emptyLayer = true }
        }
        if count < layers {
            let missing = History(created: created, createdBy: "a layer of the base, whose history does not tell of it")
            history += repeatElement(missing, count: layers - count)
        }
        return self.history == nil && history.isEmpty ? nil : history
    }

    /// Makes it an image for a platform. What was said of another kind of machine does not hold for this one.
    mutating func retarget(_ platform: Platform) {
        if !self.platform.isSameKind(as: platform) { self.platform.variant = nil }
        if self.platform.os != platform.os { for name in ["os.version", "os.features"] { others[name] = nil } }
        self.platform.os = platform.os
        self.platform.architecture = platform.architecture
        if let variant = platform.variant { self.platform.variant = variant }
    }
}
