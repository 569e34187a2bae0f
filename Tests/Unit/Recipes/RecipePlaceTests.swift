import SystemPackage
import Testing

@testable import Recipes

@Suite("Recipe: places of this machine and of the container")
struct RecipePlaceTests {
    @Test("what only the recipe's directory has is taken from there, with a warning at the url")
    func basesBesideRecipe() throws {
        let there = RecipeSource("sub/stacker.yaml", workingDirectory: "/srv/project")
        func base(_ from: String, _ source: RecipeSource, _ paths: FilePath...) throws -> (Base, String?) {
            let (base, warning) = try layer("from: {\(from)}").base(in: source) { paths.contains($0) }
            return (base, warning?.description)
        }
        let beside = try base("type: oci, url: 'a:b'", there, "/srv/project/sub/a")
        #expect(beside.0 == .oci(layout: "/srv/project/sub/a", tag: "b"))
        #expect(beside.1?.hasPrefix("stacker.yaml:2:26: url of layer foo is taken as relative to the recipe") == true)
        let archive = try base("type: tar, url: ../a", there, "/srv/project/a")
        #expect(archive.0 == .tar(.local("/srv/project/a")))
        let both = try base("type: oci, url: 'a:b'", there, "/srv/project/sub/a", "/srv/project/a")
        #expect(both.0 == .oci(layout: "/srv/project/a", tag: "b") && both.1 == nil)
        let neither = try base("type: oci, url: 'a:b'", there)
        #expect(neither.0 == .oci(layout: "/srv/project/a", tag: "b") && neither.1 == nil)
        let absolute = try base("type: oci, url: '/a:b'", there, "/srv/project/sub/a")
        #expect(absolute.0 == .oci(layout: "/a", tag: "b") && absolute.1 == nil)
        // A recipe from a server has no directory of its own.
        let served = RecipeSource("http://h/sub/stacker.yaml", workingDirectory: "/srv/project")
        #expect(try base("type: oci, url: 'a:b'", served, "/srv/project/sub/a").1 == nil)
    }

    @Test("cache directories are paths, or maps with what they are to be like")
    func cacheDirectories() throws {
        let both = try layer("cache_dirs: [/a//b/, {path: /c, mode: 01777, uid: 1, gid: 2}]").cacheDirectories
        #expect(both.map(\.path) == ["/a/b", "/c"])
        #expect(both.map(\.mode) == [nil, 0o1777])
        #expect(both.map(\.uid) == [nil, 1])
        #expect(both.map(\.gid) == [nil, 2])
        #expect(message { try layer("cache_dirs: [{target: /a, path: /a}]") }.contains("did you mean path?"))
    }
}
