// swift-tools-version: 6.2

import PackageDescription

/// Settings for every target of our own: a warning is an error.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// The released program carries the Swift runtime: it starts faster and runs where no Swift is. Only its link
/// step knows of that. `--static-swift-stdlib` would compile everything for it, and then no test can be built
/// beside it, since Swift Testing exists as a shared library only. What the compiler would name by itself, the
/// archives that Foundation needs, in the order in which a linker resolves them, is named here instead.
let staticRuntime: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-static-stdlib", "-lFoundation", "-lFoundationInternationalization", "-lFoundationEssentials",
            "-lCoreFoundation", "-l_FoundationCShims", "-l_FoundationCollections", "-l_FoundationICU",
        ], .when(configuration: .release))
]

/// `make static` asks for a program that needs no library but glibc's. The libraries themselves it finds by
/// pkg-config files of its own; here is what differs besides. Without ISA-L the inflater is zlib.
let isStatic = Context.environment["STACKER_STATIC"] == "1"
let inflater: [Target.Dependency] = isStatic ? ["CZlib"] : ["CZlib", "CISAL"]
let inflaterSettings: [SwiftSetting] = isStatic ? [] : [.define("ISAL")]
/// lld takes from an archive what is needed wherever it stands; other linkers only what is needed by what is before it.
let staticLink: [LinkerSetting] =
    isStatic
    ? [.unsafeFlags(["-use-ld=lld", "-Xclang-linker", "-static-libgcc"], .when(configuration: .release))] : []

let package = Package(
    name: "stacker",
    products: [
        .executable(name: "stacker", targets: ["StackerCLI"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", "4.5.0"..<"5.0.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.100.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // The driver: command line in, library call, exit status out.
        .executableTarget(
            name: "StackerCLI",
            dependencies: [
                "Stacker", "LXCWrapper", "CSyscalls", "Failure",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict,
            linkerSettings: staticRuntime + staticLink
        ),

        // What `make bench` measures layers with; not part of a release.
        .executableTarget(
            name: "LayerBench",
            dependencies: [
                "Registry", "Layers", "OCI", "FileTree", "Failure",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict
        ),

        // Recipe to images.
        .target(
            name: "Stacker",
            dependencies: [
                "Registry", "Layers", "OCI", "FileTree", "Progress", "Failure", "LXCWrapper", "CSyscalls",
                .product(name: "OrderedCollections", package: "swift-collections"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict
        ),

        // Everything that goes over a network.
        .target(
            name: "Registry",
            dependencies: [
                "OCI", "FileTree", "Progress", "Failure", "CSyscalls",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict
        ),

        // A directory tree to and from one layer blob.
        .target(
            name: "Layers",
            dependencies: [
                "OCI", "FileTree", "Failure", "CArchive", "CBzip2", "CDeflate", "CLZ4", "CLZMA", "CSquashFS",
                "CSyscalls", "CZstd",
                .product(name: "Crypto", package: "swift-crypto"),
            ] + inflater,
            swiftSettings: strict + inflaterSettings
        ),

        // Image-spec types and the OCI layout.
        .target(
            name: "OCI",
            dependencies: [
                "FileTree", "Failure",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict
        ),

        // Files and directories by descriptor: nothing here resolves a hostile path.
        .target(
            name: "FileTree",
            dependencies: [
                "Failure", "CSyscalls",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict
        ),

        // How far things are that take their time, and how a terminal shows it.
        .target(name: "Progress", swiftSettings: strict),

        // The one error type.
        .target(
            name: "Failure",
            dependencies: [.product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: strict
        ),

        // C. The only code that calls liblxc.
        .target(
            name: "LXCWrapper",
            dependencies: ["CLXC", "CSyscalls"],
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]
        ),

        // System libraries and the system calls that Glibc's module does not show to Swift.
        .systemLibrary(name: "CLXC", path: "Sources/System/CLXC", pkgConfig: "lxc", providers: [.apt(["lxc-dev"])]),
        .systemLibrary(
            name: "CArchive", path: "Sources/System/CArchive", pkgConfig: "libarchive",
            providers: [.apt(["libarchive-dev"])]),
        // It has no pkg-config file.
        .systemLibrary(name: "CBzip2", path: "Sources/System/CBzip2", providers: [.apt(["libbz2-dev"])]),
        .systemLibrary(
            name: "CDeflate", path: "Sources/System/CDeflate", pkgConfig: "libdeflate",
            providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(
            name: "CISAL", path: "Sources/System/CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
        .systemLibrary(
            name: "CLZ4", path: "Sources/System/CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(
            name: "CLZMA", path: "Sources/System/CLZMA", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
        .systemLibrary(
            name: "CSquashFS", path: "Sources/System/CSquashFS", pkgConfig: "libsquashfs1",
            providers: [.apt(["libsquashfs-dev"])]),
        .systemLibrary(
            name: "CZlib", path: "Sources/System/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CZstd", path: "Sources/System/CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CSyscalls", path: "Sources/System/CSyscalls"),

        // System calls that only tests need.
        .target(
            name: "CFixtures", path: "Tests/CFixtures", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),

        // Makers of fixtures, shared by the test targets.
        .target(
            name: "Fixtures",
            dependencies: [
                "OCI", "Layers", "FileTree", "Failure", "CFixtures",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Tests/Fixtures",
            swiftSettings: strict
        ),
        // Mutates layers and unpacks them: a bounded number in the tests, and as many as one likes in `make fuzz`.
        .target(
            name: "LayerFuzzing",
            dependencies: [
                "Layers", "OCI", "FileTree", "Failure", "CSyscalls", "Fixtures",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Tests/LayerFuzzing",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "LayerFuzz",
            dependencies: [
                "LayerFuzzing", "FileTree", "Failure", "CSyscalls",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Tests/LayerFuzz",
            swiftSettings: strict
        ),
        .testTarget(
            name: "Unit",
            dependencies: [
                "Stacker", "Registry", "Layers", "OCI", "FileTree", "Progress", "Failure", "LXCWrapper", "CSyscalls",
                "Fixtures", "LayerFuzzing",
            ],
            swiftSettings: strict + inflaterSettings
        ),
        .testTarget(
            name: "Integration",
            dependencies: ["Stacker", "Layers", "OCI", "FileTree", "Failure", "LXCWrapper", "Fixtures"],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6]
)
