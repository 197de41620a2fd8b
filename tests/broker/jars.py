"""Fetch Apache Kafka's jars from Maven Central, once, into a cache.

Run as ``make kafka`` or ``python tests/broker/jars.py``; needs Java 17 and Maven. The jars go to
``$CDRPIPE_KAFKA_LIBS``, else ``~/.cache/cdrpipe/kafka-<version>/libs``, and never into git.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

KAFKA_VERSION = "4.3.1"
JAVA_VERSION_MIN = 17
JAR_COUNT_MIN = 30  # 46 jars come; fewer than this means that a fetch broke off
POM = Path(__file__).with_name("pom.xml")


def libs_dir() -> Path:
    """Say where the jars are, or would be."""
    given = os.environ.get("CDRPIPE_KAFKA_LIBS")
    return (
        Path(given) if given else Path.home() / ".cache/cdrpipe" / f"kafka-{KAFKA_VERSION}" / "libs"
    )


def java() -> str:
    """Name the Java to run: ``$CDRPIPE_JAVA``, else ``java``."""
    return os.environ.get("CDRPIPE_JAVA", "java")


def why_no_broker() -> str:
    """Say why no broker can be started here; empty where one can."""
    version = _java_version()
    if version is None:
        return "no Java was found (Debian: apt-get install -y openjdk-17-jre-headless)"
    if version < JAVA_VERSION_MIN:
        return f"Apache Kafka {KAFKA_VERSION} needs Java {JAVA_VERSION_MIN}, {version} was found"
    if not _is_complete(libs_dir()):
        return f"Apache Kafka's jars are not in {libs_dir()}: run  make kafka"
    return ""


def fetch() -> Path:
    """Copy Kafka's jars and all they need into the cache, whole or not at all."""
    target = libs_dir()
    if _is_complete(target):
        return target
    partial = target.with_name(f"{target.name}.{os.getpid()}.part")
    partial.mkdir(parents=True)
    goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
    options = ["-DincludeScope=runtime", f"-DoutputDirectory={partial}"]
    try:
        subprocess.run(["mvn", "-q", "-B", "-f", str(POM), goal, *options], check=True)
        assert _is_complete(partial), f"too few jars came: {sorted(partial.iterdir())}"
        shutil.rmtree(target, ignore_errors=True)
        partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _is_complete(folder: Path) -> bool:
    jars = {path.name for path in folder.glob("*.jar")}
    return f"kafka_2.13-{KAFKA_VERSION}.jar" in jars and len(jars) >= JAR_COUNT_MIN


def _java_version() -> int | None:
    if shutil.which(java()) is None:
        return None
    told = subprocess.run([java(), "-version"], capture_output=True, text=True, check=False).stderr
    match = re.search(r'version "(\d+)', told)
    return int(match[1]) if match else None


if __name__ == "__main__":
    if shutil.which("mvn") is None:
        sys.exit("Maven was not found (Debian: apt-get install -y maven)")
    sys.stdout.write(f"{fetch()}\n")
