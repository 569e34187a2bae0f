import Failure
import Registry
import SystemPackage
import Testing

@testable import Recipes

@Suite("Recipe: imports from images")
struct ImageSourceTests {
    @Test(
        "the first // divides the image from the path",
        arguments: [
            ("oci:a/b:tag//etc/passwd", "/r/a/b", "tag", "/etc/passwd"),
            ("oci:/abs:1:2/3//etc/", "/abs", "1:2/3", "/etc/"), ("oci:../x:t//", "/x", "t", "/"),
            ("oci:x:t////a/../b", "/r/x", "t", "/b"), ("oci:x:t//../../etc", "/r/x", "t", "/etc"),
            ("oci:x:t//a//b", "/r/x", "t", "/a/b"),
        ])
    func layouts(text: String, layout: FilePath, tag: String, path: FilePath) throws {
        let parsed = try ImageSource.parse(text, relativeTo: "/r")
        #expect(parsed.image == .oci(layout: layout, tag: tag))
        #expect(parsed.path == path)
    }

    @Test("an image of a registry is named as a base is")
    func registries() throws {
        for (text, name) in [
            ("docker://ubuntu//etc/passwd", "ubuntu"),
            ("docker://r.example:5000/a/b:1//etc/passwd", "r.example:5000/a/b:1"),
        ] {
            let parsed = try ImageSource.parse(text, relativeTo: "/r")
            #expect(parsed.image == .docker(try ImageReference(name), insecure: false))
            #expect(parsed.path == "/etc/passwd")
        }
    }

    @Test(
        "what names no image, or no path in it, is an error",
        arguments: [
            "oci:", "oci:x", "oci:x:t", "oci:x:t/etc", "oci://etc", "oci::t//etc", "oci:x://etc", "docker://",
            "docker:////etc", "docker://x", "docker://x:t", "docker://X//etc",
        ])
    func errors(text: String) {
        #expect(throws: Failure.self) { try ImageSource.parse(text, relativeTo: "/r") }
    }
}
