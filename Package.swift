// swift-tools-version: 6.2
import PackageDescription

// On Linux hiredis is linked by name: Debian's hiredis.pc makes SwiftPM warn about unsafe flags.
// On macOS Homebrew's prefix is not searched by default, so pkg-config is needed there.
#if os(macOS)
    let hiredisPackage: String? = "hiredis"
#else
    let hiredisPackage: String? = nil
#endif

let package = Package(
    name: "sluice",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Sluice", targets: ["Sluice"]),
        .library(name: "SluiceWorker", targets: ["SluiceWorker"]),
        .library(name: "SluiceInspector", targets: ["SluiceInspector"]),
        .library(name: "SluiceWebhooks", targets: ["SluiceWebhooks"]),
        .library(name: "SluiceTesting", targets: ["SluiceTesting"]),
        .executable(name: "sluice", targets: ["SluiceCLI"]),
        .executable(name: "crawler", targets: ["crawler"]),
        .executable(name: "image-gateway", targets: ["image-gateway"]),
        .executable(name: "pipelines", targets: ["pipelines"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-service-context", from: "1.5.1"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CHiredis",
            pkgConfig: hiredisPackage,
            providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]
        ),
        .target(
            name: "Hiredis",
            dependencies: [
                "CHiredis",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .target(
            name: "SluiceLua",
            resources: [.embedInCode("lua")]
        ),
        .target(
            name: "SluiceCore",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(
            name: "SluiceStore",
            dependencies: [
                "SluiceCore", "Hiredis", "SluiceLua",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .target(
            name: "SluiceEmbedded",
            dependencies: [
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(
            name: "Sluice",
            dependencies: [
                "SluiceCore", "SluiceStore", "SluiceEmbedded", "Hiredis",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "ServiceContextModule", package: "swift-service-context"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
        .target(
            name: "SluiceWorker",
            dependencies: [
                "Sluice", "SluiceCore", "SluiceStore", "Hiredis",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "ServiceContextModule", package: "swift-service-context"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .target(
            name: "SluiceInspector",
            dependencies: ["SluiceCore", "SluiceStore", "Hiredis", .product(name: "Logging", package: "swift-log")]
        ),
        .target(
            name: "SluiceWebhooks",
            dependencies: [
                "Sluice", "SluiceWorker", "SluiceCore", "Hiredis",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .target(
            name: "SluiceTesting",
            dependencies: [
                "Sluice", "SluiceWorker", "SluiceCore", "SluiceStore", "SluiceInspector", "SluiceEmbedded", "SluiceLua",
                "Hiredis",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .target(
            name: "SluiceSignals",
            dependencies: [.product(name: "UnixSignals", package: "swift-service-lifecycle")]
        ),
        .executableTarget(
            name: "SluiceCLI",
            dependencies: [
                "Sluice", "SluiceWorker", "SluiceWebhooks", "SluiceInspector", "SluiceCore", "SluiceStore", "SluiceEmbedded",
                "SluiceLua", "SluiceSignals",
                "Hiredis",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .target(
            name: "ExampleSupport",
            dependencies: [
                "Sluice", "SluiceWorker", "SluiceTesting", "SluiceSignals",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Sources/Examples/Support"
        ),
        .executableTarget(
            name: "crawler",
            dependencies: [
                "ExampleSupport", "Sluice", "SluiceWorker", "SluiceInspector", "SluiceTesting", "SluiceCore", "SluiceStore",
                "Hiredis",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Examples/Crawler",
            exclude: ["README.md"]
        ),
        .executableTarget(
            name: "image-gateway",
            dependencies: [
                "ExampleSupport", "Sluice", "SluiceWorker", "SluiceWebhooks", "SluiceInspector", "SluiceTesting", "SluiceCore",
                "SluiceStore", "Hiredis",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Examples/ImageGateway",
            exclude: ["README.md"]
        ),
        .executableTarget(
            name: "pipelines",
            dependencies: [
                "ExampleSupport", "Sluice", "SluiceWorker", "SluiceInspector", "SluiceTesting", "SluiceCore", "SluiceStore",
                "SluiceLua", "Hiredis",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Sources/Examples/Pipelines",
            exclude: ["README.md"]
        ),
        .testTarget(
            name: "HiredisTests",
            dependencies: [
                "Hiredis", "SluiceTesting",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .testTarget(
            name: "SluiceCoreTests", dependencies: ["SluiceCore", .product(name: "Crypto", package: "swift-crypto")],
            exclude: ["CronTable.txt"]
        ),
        .testTarget(
            name: "SluiceEmbeddedTests",
            dependencies: ["SluiceEmbedded", .product(name: "Subprocess", package: "swift-subprocess")]
        ),
        .testTarget(
            name: "SluiceLuaTests",
            dependencies: ["SluiceLua", "SluiceStore", "SluiceCore", "Hiredis", "SluiceTesting"]
        ),
        .testTarget(
            name: "LimitsModelTests",
            dependencies: ["SluiceLua", "SluiceStore", "SluiceCore", "Hiredis", "SluiceTesting"]
        ),
        .testTarget(
            name: "SluiceCLITests",
            dependencies: [
                "SluiceCLI", "Sluice", "SluiceInspector", "SluiceStore", "SluiceCore", "SluiceEmbedded", "SluiceWorker",
                "Hiredis",
                "SluiceSignals", "SluiceTesting",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .testTarget(
            name: "SluiceInspectorTests",
            dependencies: ["SluiceInspector", "SluiceStore", "SluiceCore", "SluiceLua", "Hiredis", "SluiceTesting"]
        ),
        .testTarget(
            name: "DocumentationTests",
            dependencies: [
                "Sluice", "SluiceWorker", "SluiceWebhooks", "SluiceInspector", "SluiceTesting", "SluiceCLI",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .testTarget(
            name: "SluiceTests",
            dependencies: [
                "Sluice", "SluiceInspector", "SluiceStore", "SluiceCore", "Hiredis", "SluiceTesting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "ServiceContextModule", package: "swift-service-context"),
            ]
        ),
        .testTarget(
            name: "SluiceWorkerTests",
            dependencies: [
                "SluiceWorker", "Sluice", "SluiceInspector", "SluiceStore", "SluiceCore", "Hiredis", "SluiceTesting",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .testTarget(
            name: "SluiceWebhooksTests",
            dependencies: [
                "SluiceWebhooks", "SluiceWorker", "Sluice", "SluiceInspector", "SluiceStore", "SluiceCore", "SluiceTesting",
                "Hiredis",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
        .executableTarget(
            name: "FaultWorker",
            dependencies: [
                "Sluice", "SluiceWorker", "SluiceWebhooks", "SluiceCore", .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Tests/FaultWorker"
        ),
        .testTarget(
            name: "FaultTests",
            dependencies: [
                "FaultWorker", "SluiceWorker", "SluiceWebhooks", "Sluice", "SluiceInspector", "SluiceStore", "SluiceCore",
                "Hiredis",
                "SluiceTesting",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .testTarget(
            name: "ExampleTests",
            dependencies: [
                "ExampleSupport", "crawler", "image-gateway", "pipelines", "Sluice", "SluiceInspector", "SluiceTesting",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .testTarget(
            name: "SluiceTestingTests",
            dependencies: [
                "SluiceTesting", "Sluice", "SluiceWorker", "SluiceInspector", "SluiceStore", "SluiceCore", "Hiredis",
                .product(name: "Subprocess", package: "swift-subprocess"),
            ]
        ),
    ]
)

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]
for target in package.targets where target.type != .system && target.type != .plugin {
    target.swiftSettings = strict
}
