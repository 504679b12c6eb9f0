"""A small test suite to try Sentinel on: one failure, one skip, one slow test."""

import time
import unittest


class Cart(unittest.TestCase):
    def test_total(self):
        self.assertEqual(3 + 4, 7)

    def test_discount(self):
        time.sleep(0.3)
        self.assertEqual(100 - 15, 80, "15 % off 100")


class Checkout(unittest.TestCase):
    def test_card(self):
        self.assertTrue("4242".isdigit())

    @unittest.skip("no sandbox account")
    def test_invoice(self):
        self.fail("never run")


if __name__ == "__main__":
    unittest.main()
