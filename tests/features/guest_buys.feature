Feature: A guest buys
  As a shopper without an account
  I want to order on invoice
  So that I get my things without fuss

  Background:
    Given the shop sells 5 of "Walnut desk lamp" at 89.00 EUR

  Scenario: A guest finds a product, orders it and gets a mail
    When I search the shop for "walnut"
    And I put 2 of "Walnut desk lamp" into the cart
    And I order on invoice as "ada@example.com"
    Then I am thanked with an order number
    And "ada@example.com" gets a mail that confirms the order
    And 3 of "Walnut desk lamp" are left

  Scenario: What is not there cannot be bought
    Given somebody else buys 5 of "Walnut desk lamp"
    When I put 1 of "Walnut desk lamp" into the cart
    Then I am told that it is sold out
    And 0 of "Walnut desk lamp" are left

  Scenario: Two buyers want the last one
    Given somebody else has 5 of "Walnut desk lamp" in the cart
    And I put 1 of "Walnut desk lamp" into the cart
    When somebody else orders what is in the cart
    And I order on invoice as "ada@example.com"
    Then I am told that it is sold out
    And there is exactly 1 order
