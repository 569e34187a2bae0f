import Failure
import OCI
import Web

extension RegistryClient {
    /// How many tags are read at most: more than anybody has.
    private static let mostTags = 1_000_000
    /// What is asked for at a time; many registries give less.
    private static let tagsOfPage = 1000
    /// The most bytes of a page: registries that know no pages give all at once.
    private static let pageLimit = 160 << 20

    /// All tags of a repository, each once, in the registry's order.
    ///
    /// They are what the registry says: what is no tag by the specification may be among them.
    ///
    /// [distribution-spec, "Listing Tags"](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags)
    ///
    /// - Returns: `nil` if there is no such repository.
    func tags(of repository: String) throws -> [String]? {
        try unlessMissing {
            var tags: [String] = []
            var seen: Set<String> = []
            var next: String? = "/v2/\(repository)/tags/list?n=\(Self.tagsOfPage)"
            while let path = next {
                let page = try page(at: path, of: repository)
                let new = page.tags.filter { seen.insert($0).inserted }
                tags += new
                next = page.next
                guard next == nil || !new.isEmpty, tags.count <= Self.mostTags else {
                    throw Failure(
                        listTask(repository),
                        because: WebError.answer(
                            new.isEmpty ? "its pages lead in a circle" : "there are more than \(Self.mostTags)"))
                }
            }
            return tags
        }
    }

    private func listTask(_ repository: String) -> String { "couldn't list the tags of \(registry)/\(repository)" }

    private func page(at path: String, of repository: String) throws -> (tags: [String], next: String?) {
        let request = Request(
            place: .path(path), scope: Scope(repository: repository), task: listTask(repository))
        return try send({ request }) { response, body in
            guard response.isSuccess else { throw body.refusal(response) }
            try response.requireWhole()
            let bytes = try body.content(limit: Self.pageLimit)
            guard let page = try? JSON.decode(TagPage.self, from: bytes) else {
                throw WebError.answer("the list of tags is none")
            }
            // Of the link only the path is taken: the next page is the same registry's.
            let next = try nextLink(in: response.values("Link")).map { try response.address.resolving($0).target }
            return (page.tags ?? [], next)
        }
    }
}

private struct TagPage: Decodable {
    var tags: [String]?
}

/// Where the next page is, by [RFC 8288](https://www.rfc-editor.org/rfc/rfc8288#section-3): `</v2/…>; rel="next"`.
func nextLink(in headers: [String]) -> String? {
    for header in headers {
        var rest = header[...]
        while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
            let target = rest[rest.index(after: start)..<end]
            let parameters = rest[rest.index(after: end)...].prefix { $0 != "<" }
            rest = rest[parameters.endIndex...]
            let isNext = parameters.lowercased().split { ";, ".contains($0) }
                .contains { ["rel=next", "rel=\"next\""].contains($0) }
            if isNext { return String(target) }
        }
    }
    return nil
}
