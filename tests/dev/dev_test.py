"""The script ./dev on machines where packages are missing: apt and its neighbours are replaced by small scripts.

usage: dev_test.py DEV
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

DEV = sys.argv[1]


class Setup(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        for name in ("bash", "cat", "dirname", "env"):
            os.symlink(shutil.which(name), self.path(name))
        self.command("id", "echo 1000")
        self.command("dpkg-query", 'case "$4" in cmake) echo -n installed ;; *) exit 1 ;; esac')

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def command(self, name, body):
        with open(self.path(name), "w") as file:
            file.write(f"#!{shutil.which('bash')}\n{body}\n")
        os.chmod(self.path(name), 0o755)

    def setup(self):
        return subprocess.run([self.path("bash"), DEV, "setup"], env={"PATH": self.directory.name}, capture_output=True,
                              text=True, timeout=60)

    def test_without_root_and_sudo_it_says_so(self):
        run = self.setup()
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("neither root nor sudo", run.stderr)

    def test_only_missing_packages_are_installed_and_none_is_removed(self):
        self.command("id", "echo 0")
        self.command("apt-get", f'echo "$*" >> {self.path("log")}')
        run = self.setup()
        self.assertEqual(run.returncode, 0, run.stderr)
        with open(self.path("log")) as log:
            update, install = log.read().splitlines()
        self.assertIn("update", update)
        self.assertIn("--no-remove", install)
        self.assertIn(" libsystemc-dev ", install)
        self.assertNotIn(" cmake ", install)

    def test_what_apt_refuses_is_named(self):
        self.command("id", "echo 0")
        self.command("apt-get", '[ "$1" = update ]')
        run = self.setup()
        self.assertNotEqual(run.returncode, 0)
        self.assertRegex(run.stderr, r"not installed: .*libboost1\.81-dev")


unittest.main(argv=sys.argv[:1], verbosity=2)
