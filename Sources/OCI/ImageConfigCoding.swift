extension ImageConfig: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case created, author, architecture, os, variant, config, rootfs, history
    }

    /// Reads a config.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        created = try members.decodeIfPresent(String.self, forKey: .created)
        author = try members.decodeIfPresent(String.self, forKey: .author)
        platform = Platform(
            os: try members.decodeIfPresent(String.self, forKey: .os) ?? "",
            architecture: try members.decodeIfPresent(String.self, forKey: .architecture) ?? "",
            variant: try members.decodeIfPresent(String.self, forKey: .variant))
        config = try members.decodeIfPresent(Execution.self, forKey: .config)
        rootfs = try members.decode(RootFS.self, forKey: .rootfs)
        history = try members.decodeIfPresent([History].self, forKey: .history)
        others = try OtherMembers(of: decoder, besides: CodingKeys.self)
    }

    /// Writes it.
    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encodeIfPresent(created, forKey: .created)
        try members.encodeIfPresent(author, forKey: .author)
        try members.encode(platform.architecture, forKey: .architecture)
        try members.encode(platform.os, forKey: .os)
        try members.encodeIfPresent(platform.variant, forKey: .variant)
        try members.encodeIfPresent(config, forKey: .config)
        try members.encode(rootfs, forKey: .rootfs)
        try members.encodeIfPresent(history, forKey: .history)
        try others.encode(to: encoder)
    }
}

extension ImageConfig.Execution: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case user = "User"
        case env = "Env"
        case entrypoint = "Entrypoint"
        case cmd = "Cmd"
        case volumes = "Volumes"
        case workingDir = "WorkingDir"
        case labels = "Labels"
    }

    /// Reads the member.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        user = try members.decodeIfPresent(String.self, forKey: .user)
        env = try members.decodeIfPresent([String].self, forKey: .env)
        entrypoint = try members.decodeIfPresent([String].self, forKey: .entrypoint)
        cmd = try members.decodeIfPresent([String].self, forKey: .cmd)
        volumes = try members.decodeIfPresent([String: JSONValue].self, forKey: .volumes)
        workingDir = try members.decodeIfPresent(String.self, forKey: .workingDir)
        labels = try members.decodeIfPresent([String: String].self, forKey: .labels)
        others = try OtherMembers(of: decoder, besides: CodingKeys.self)
    }

    /// Writes it.
    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encodeIfPresent(user, forKey: .user)
        try members.encodeIfPresent(env, forKey: .env)
        try members.encodeIfPresent(entrypoint, forKey: .entrypoint)
        try members.encodeIfPresent(cmd, forKey: .cmd)
        try members.encodeIfPresent(volumes, forKey: .volumes)
        try members.encodeIfPresent(workingDir, forKey: .workingDir)
        try members.encodeIfPresent(labels, forKey: .labels)
        try others.encode(to: encoder)
    }
}

extension ImageConfig.RootFS: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case type
        case diffIDs = "diff_ids"
    }

    /// Reads the member.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        if let said = try members.decodeIfPresent(String.self, forKey: .type), said != type {
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: members, debugDescription: "it can only be \(type)")
        }
        diffIDs = try members.decodeIfPresent([Digest].self, forKey: .diffIDs) ?? []
        others = try OtherMembers(of: decoder, besides: CodingKeys.self)
    }

    /// Writes it.
    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(type, forKey: .type)
        try members.encode(diffIDs, forKey: .diffIDs)
        try others.encode(to: encoder)
    }
}

extension ImageConfig.History: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case created, author
        case createdBy = "created_by"
        case emptyLayer = "empty_layer"
    }

    /// Reads a step.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        created = try members.decodeIfPresent(String.self, forKey: .created)
        createdBy = try members.decodeIfPresent(String.self, forKey: .createdBy)
        author = try members.decodeIfPresent(String.self, forKey: .author)
        emptyLayer = try members.decodeIfPresent(Bool.self, forKey: .emptyLayer)
        others = try OtherMembers(of: decoder, besides: CodingKeys.self)
    }

    /// Writes it.
    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encodeIfPresent(created, forKey: .created)
        try members.encodeIfPresent(createdBy, forKey: .createdBy)
        try members.encodeIfPresent(author, forKey: .author)
        try members.encodeIfPresent(emptyLayer, forKey: .emptyLayer)
        try others.encode(to: encoder)
    }
}
